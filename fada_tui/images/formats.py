"""Which files are images, by the ends of their names; and what to know of some of them."""

STILLS = (".png", ".jpg", ".jpeg", ".jfif", ".bmp")
"""One picture each."""

ANIMATIONS = (".tif", ".tiff", ".webp", ".gif")
"""Pages or frames, one or several."""

DICOM = (".dcm", ".dicom")

VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm")

MANY_FRAMES = (*ANIMATIONS, *DICOM, *VIDEOS)
"""Files that may hold several frames."""

SUFFIXES = (*STILLS, *MANY_FRAMES)
"""Extensions of image files, in lower case."""

IN_WORDS = "PNG, JPEG, BMP, GIF, TIFF, WebP, DICOM or video"

DICOM_EXTRA = "pip install 'fada-tui[dicom]'"
VIDEO_EXTRA = "pip install 'fada-tui[video]'"

BURNED_IN = "Names and dates that are burned into the pixels of DICOM images are not removed"
"""What whoever works on DICOM images must know."""
