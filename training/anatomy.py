"""Six views of an obstetric examination, each drawn with chance deciding size, place, turn and what is seen.

Proportions are those a sonographer would recognise, not measured ones. Every function paints one view and
says what it painted; the order of `structures` is the order in which an answer names them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from training.shapes import Frame
from training.ultrasound import Field, Tissue, patches

Side = Literal["left", "right"]

FLUID, BLOOD, SOFT, MUSCLE, WALL, BRIGHT, BONE = -75.0, -62.0, -27.0, -33.0, -15.0, -8.0, 6.0
"""Echo levels, dB."""
_SHADOW = 900.0
"""Attenuation of bone, dB per unit depth: a few hundredths of it leave nothing to see behind."""
_CLEAR = -14.0
"""Fluid attenuates less than the tissue the depth gain is set for, so what lies behind it is brighter."""


@dataclass(frozen=True)
class View:
    """What a view shows."""

    structures: tuple[str, ...]
    landmarks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Some structures' middles, as (x, y)."""
    stomach_side: Side | None = None
    """Side of the picture on which the stomach lies; None where none is seen."""


def abdomen(tissue: Tissue, rng: np.random.Generator) -> View:
    """Axial fetal abdomen: stomach bubble, umbilical vein, spine with its shadow, ribs."""
    _womb(tissue, rng)
    turn = rng.uniform(-48, 48) + rng.choice([0, 180])
    body = Frame.at(tissue.fan, _middle(rng), rng.uniform(0.27, 0.37), turn, bool(rng.random() < 0.5))
    across = rng.uniform(0.86, 1.02)
    _trunk(tissue, body, across)
    structures, landmarks = ["spine"], {"body": body.point(0, 0)}
    if rng.random() < 0.75:
        structures.insert(0, "umbilical vein")
        bend = rng.uniform(0.1, 0.3)
        tissue.paint(body.tube((0.05, -0.72), (0.03, -0.3), 0.085), WALL)
        tissue.paint(body.tube((0.03, -0.3), (0.05 + bend, -0.08), 0.085), WALL)
        tissue.paint(body.tube((0.05, -0.72), (0.03, -0.3), 0.055), BLOOD, _CLEAR)
        tissue.paint(body.tube((0.03, -0.3), (0.05 + bend, -0.08), 0.055), BLOOD, _CLEAR)
    side: Side | None = None
    if rng.random() < 0.88:
        u, v = rng.uniform(-0.52, -0.4), rng.uniform(-0.1, 0.2)
        long, short = rng.uniform(0.17, 0.3), rng.uniform(0.12, 0.19)
        lean = rng.uniform(-60, 60)
        tissue.paint(body.ellipse(u, v, long + 0.03, short + 0.03, lean), -20)
        tissue.paint(body.ellipse(u, v, long, short, lean), FLUID, _CLEAR)
        structures.insert(0, "stomach")
        landmarks["stomach"] = body.point(u, v)
        side = "left" if landmarks["stomach"][0] < landmarks["body"][0] else "right"
    _vessel(tissue, body, -0.06, 0.42, 0.06)
    _vessel(tissue, body, 0.2, 0.32, 0.05)
    _spine(tissue, body, 0.66)
    if rng.random() < 0.4:
        _ribs(tissue, body, across)
        structures.append("ribs")
    return View(tuple(structures), landmarks, side)


def aorta(tissue: Tissue, rng: np.random.Generator) -> View:
    """Sagittal fetal chest: aortic arch, the long descending aorta, neck vessels, heart, row of vertebrae."""
    _womb(tissue, rng)
    turn = rng.uniform(-35, 35) + rng.choice([-90, 90])
    body = Frame.at(tissue.fan, _middle(rng), rng.uniform(0.3, 0.37), turn, bool(rng.random() < 0.5))
    tissue.paint(body.ellipse(0.05, 0.3, 0.82, 1.5), SOFT)
    tissue.paint(body.rim(0.05, 0.3, 0.82, 1.5, 0.06), WALL)
    radius, bore = rng.uniform(0.26, 0.36), rng.uniform(0.065, 0.095)
    length = rng.uniform(0.9, 1.3)
    tissue.paint(body.ellipse(-0.38, 0.28, 0.3, 0.34), MUSCLE + 6)
    tissue.paint(body.ellipse(-0.34, 0.3, 0.2, 0.24), BLOOD, _CLEAR)
    structures = ["aortic arch", "descending aorta"]
    course = np.minimum(body.from_arch(0, -0.25, radius), body.from_line((-radius, -0.25), (-radius, 0.1)))
    course = np.minimum(course, body.from_line((radius, -0.25), (radius, length)))
    branches: Field | None = None
    if rng.random() < 0.6:
        structures.append("neck vessels")
        lines = [
            body.from_line((u, -0.25 - radius * 0.9), (u + 0.05, -0.6 - radius)) for u in (-0.15, 0.0, 0.15)
        ]
        branches = np.minimum(np.minimum(lines[0], lines[1]), lines[2])
        tissue.paint(body.within(branches - 0.06), WALL)
    # The walls move with the pulse, so their calibre swells and narrows along the tube.
    pulse = (bore * (1 + 0.14 * np.sin(body.v * rng.uniform(5, 9) + rng.uniform(0, 6)))).astype(np.float32)
    tissue.paint(body.within(course - pulse - 0.045), BRIGHT - 3)
    if branches is not None:
        tissue.paint(body.within(branches - 0.03), BLOOD)
    tissue.paint(body.within(course - pulse), BLOOD - 6, _CLEAR)
    if rng.random() < 0.7:
        structures.append("spine")
        offset = radius + rng.uniform(0.22, 0.3)
        for v in np.arange(-0.7, 1.25, 0.165):
            tissue.paint(body.ellipse(offset, float(v), 0.05, 0.055), BONE - 2, _SHADOW / 3)
    return View(tuple(structures), {"aorta": body.point(radius, length / 2), "body": body.point(0, 0)})


def brain(tissue: Tissue, rng: np.random.Generator) -> View:
    """Axial fetal head: skull, midline falx, cavum, and thalami, choroid plexus or cerebellum by level."""
    _womb(tissue, rng)
    turn = rng.uniform(-32, 32)
    head = Frame.at(tissue.fan, _middle(rng), rng.uniform(0.3, 0.4), turn, bool(rng.random() < 0.5))
    across = rng.uniform(0.72, 0.84)
    tissue.paint(head.ellipse(0, 0, 1.05, across + 0.05), -22)
    tissue.paint(head.ellipse(0, 0, 0.98, across - 0.02), MUSCLE - 3)
    tissue.paint(head.tube((-0.9, 0), (0.9, 0), 0.018), WALL)
    structures = ["skull", "midline falx"]
    landmarks = {"head": head.point(0, 0), "skull": head.point(0, -across)}
    level = rng.integers(3)
    if rng.random() < 0.75:
        structures.append("cavum septi pellucidi")
        tissue.paint(head.ellipse(-0.42, 0, 0.17, 0.1), BRIGHT - 6)
        tissue.paint(head.ellipse(-0.42, 0, 0.13, 0.065), BLOOD)
    if level == 0:
        structures.append("thalami")
        for v in (-0.15, 0.15):
            tissue.paint(head.ellipse(0.06, v, 0.24, 0.15, 25 * np.sign(v)), -24)
            tissue.paint(head.ellipse(0.06, v, 0.21, 0.12, 25 * np.sign(v)), -52)
    elif level == 1:
        structures.append("choroid plexus")
        for v in (-0.32, 0.32):
            tissue.paint(head.ellipse(0.26, v, 0.4, 0.14, -8 * np.sign(v)), FLUID, _CLEAR)
            tissue.paint(head.ellipse(0.34, v, 0.26, 0.1, -8 * np.sign(v)), -12)
    else:
        structures.append("cerebellum")
        tissue.paint(head.ellipse(0.72, 0, 0.22, 0.34), FLUID, _CLEAR)
        for v in (-0.2, 0.2):
            tissue.paint(head.ellipse(0.56, v, 0.17, 0.22), BRIGHT - 4)
            tissue.paint(head.ellipse(0.56, v, 0.13, 0.18), -36)
    tissue.paint(head.rim(0, 0, 1.0, across, rng.uniform(0.04, 0.065)), BONE, _SHADOW / 20)
    return View(tuple(structures), landmarks)


def femur(tissue: Tissue, rng: np.random.Generator) -> View:
    """Fetal thigh along the bone: the bright shaft and its shadow, the cartilage of the knee."""
    _womb(tissue, rng, fluid=0.5)
    middle = (rng.uniform(-0.1, 0.1), rng.uniform(0.38, 0.56))
    half = rng.uniform(0.2, 0.3)
    thigh = Frame.at(tissue.fan, middle, half, rng.uniform(-35, 35), bool(rng.random() < 0.5))
    thick = rng.uniform(0.55, 0.75)
    tissue.paint(thigh.ellipse(0.05, 0, 1.75, thick), MUSCLE + 3)
    tissue.paint(thigh.rim(0.05, 0, 1.75, thick, 0.05), WALL)
    structures = ["femoral shaft", "acoustic shadow"]
    if rng.random() < 0.45:
        knee = thigh.ellipse(1.25, 0, 0.17, 0.2)
        if tissue.sees(knee, 90):
            structures.append("knee cartilage")
        tissue.paint(thigh.ellipse(1.25, 0, 0.21, 0.24), -16)
        tissue.paint(knee, BLOOD)
        tissue.paint(thigh.ellipse(1.25, 0, 0.05, 0.05), BRIGHT)
    bow, radius = rng.uniform(-0.1, 0.1), rng.uniform(0.06, 0.09)
    # Bent as a parabola of this height; over a shaft so nearly straight, v is distance enough.
    bent = np.hypot(np.maximum(np.abs(thigh.u) - 1, 0), thigh.v - bow * (1 - thigh.u**2)).astype(np.float32)
    shaft = np.maximum(thigh.within(bent - radius), thigh.ellipse(1.0, 0, 0.13, 0.13))
    tissue.paint(np.maximum(shaft, thigh.ellipse(-1.0, 0, 0.15, 0.15)), BONE, _SHADOW * 0.7)
    return View(tuple(structures), {"shaft": thigh.point(0, bow)})


def heart(tissue: Tissue, rng: np.random.Generator) -> View:
    """Axial fetal chest with the four-chamber view: septum, crux and valves, aorta, spine, ribs."""
    _womb(tissue, rng)
    turn = rng.uniform(-50, 50) + rng.choice([0, 180])
    chest = Frame.at(tissue.fan, _middle(rng), rng.uniform(0.31, 0.39), turn, bool(rng.random() < 0.5))
    across = rng.uniform(0.86, 0.98)
    _trunk(tissue, chest, across, echo=SOFT + 3)
    axis = turn + (1 if chest.flip > 0 else -1) * rng.uniform(35, 55)
    place = chest.point(rng.uniform(-0.2, -0.08), rng.uniform(-0.2, -0.06))
    muscle = Frame.at(tissue.fan, place, chest.size * rng.uniform(0.56, 0.66), axis, chest.flip < 0)
    tissue.paint(muscle.ellipse(0, 0, 1.04, 0.8), WALL)
    tissue.paint(muscle.ellipse(0, 0, 1.0, 0.76), MUSCLE + 9)
    for v in (-0.32, 0.32):
        lean = -8 * np.sign(v)
        tissue.paint(muscle.ellipse(-0.36, v, 0.46, 0.25, lean), BLOOD, _CLEAR)
        tissue.paint(muscle.ellipse(0.49, v * 1.05, 0.36, 0.28, lean), BLOOD, _CLEAR)
        # The valves of the two sides do not meet the crux at the same height.
        tissue.paint(muscle.tube((0.06 + v * 0.15, 0), (0.04, v * 1.9), 0.035), BRIGHT - 4)
    tissue.paint(muscle.ellipse(0.07, 0, 0.1, 0.08), BRIGHT)
    structures = ["four chambers", "septum"]
    if rng.random() < 0.7:
        structures.append("descending aorta")
        _vessel(tissue, chest, -0.14, 0.5, 0.1)
    structures.append("spine")
    _spine(tissue, chest, 0.7)
    if rng.random() < 0.5:
        _ribs(tissue, chest, across)
        structures.append("ribs")
    landmarks = {"left ventricle": muscle.point(-0.38, -0.3), "septum": muscle.point(-0.38, 0)}
    return View(tuple(structures), landmarks | {"body": chest.point(0, 0)})


def cervix(tissue: Tissue, rng: np.random.Generator) -> View:
    """Sagittal maternal cervix: the canal between its lips, the bladder in front, the fetal head above."""
    _layers(tissue, rng, rng.uniform(0.06, 0.12))
    middle = (rng.uniform(-0.08, 0.12), rng.uniform(0.46, 0.6))
    neck = Frame.at(
        tissue.fan, middle, rng.uniform(0.24, 0.31), rng.uniform(-22, 22), bool(rng.random() < 0.35)
    )
    structures, landmarks = ["cervical canal"], {"canal": neck.point(0.1, 0)}
    tissue.paint(neck.ellipse(0.1, 0, 1.25, 0.72), SOFT + 2)
    if rng.random() < 0.55:
        u, v = rng.uniform(-0.7, -0.4), rng.uniform(-1.0, -0.85)
        bladder = neck.ellipse(u, v, 0.6, 0.3, 18)
        if tissue.sees(bladder, 500):
            structures.append("bladder")
            landmarks["bladder"] = neck.point(u, v)
        tissue.paint(neck.ellipse(u, v, 0.65, 0.35, 18), WALL)
        tissue.paint(bladder, FLUID, _CLEAR)
    if rng.random() < 0.6:
        u, v, radius = rng.uniform(-1.9, -1.7), rng.uniform(0.1, 0.4), rng.uniform(0.75, 0.9)
        tissue.paint(neck.ellipse(u, v, radius + 0.25, radius + 0.2), FLUID, _CLEAR)
        head = neck.ellipse(u, v, radius, radius)
        if tissue.sees(head, 400):
            structures.append("fetal head")
        tissue.paint(head, MUSCLE)
        tissue.paint(neck.rim(u, v, radius, radius, 0.1), BONE, _SHADOW / 8)
    funnel = rng.uniform(0.02, 0.18)
    tissue.paint(neck.tube((-0.85, 0), (0.95, 0.05), 0.17), SOFT - 7)
    tissue.paint(neck.tube((-0.85, 0), (0.95, 0.05), 0.06), WALL)
    tissue.paint(neck.tube((-0.85, 0), (0.95, 0.05), 0.028), -50)
    tissue.paint(neck.ellipse(-0.95, 0, 0.14, funnel), FLUID)
    return View(tuple(structures), landmarks)


VIEWS: Mapping[str, Callable[[Tissue, np.random.Generator], View]] = {
    "Abdomen": abdomen,
    "Aorta": aorta,
    "Brain": brain,
    "Femur": femur,
    "Heart": heart,
    "Cervix": cervix,
}
"""What paints each category."""


def _middle(rng: np.random.Generator) -> tuple[float, float]:
    return float(rng.uniform(-0.1, 0.1)), float(rng.uniform(0.48, 0.58))


def _layers(tissue: Tissue, rng: np.random.Generator, thickness: float) -> None:
    """Paint the mother's skin, fat and muscle, with their bright borders."""
    depth = tissue.fan.depth + (0.012 * patches(rng)).astype(np.float32)
    tissue.paint((depth < 0.02).astype(np.float32), WALL)
    for border in np.sort(rng.uniform(0.03, thickness, 3)):
        tissue.paint(np.clip(1 - np.abs(depth - np.float32(border)) / 0.008, 0, 1), WALL - 3)
    tissue.paint(np.clip(1 - np.abs(depth - np.float32(thickness)) / 0.012, 0, 1), WALL)


def _womb(tissue: Tissue, rng: np.random.Generator, fluid: float = 0.3) -> None:
    """Paint the mother's layers, and pockets of amniotic fluid below; `fluid` moves their share."""
    thickness = rng.uniform(0.08, 0.17)
    deep = np.clip((tissue.fan.depth - np.float32(thickness)) / 0.02, 0, 1)
    pockets = np.clip((patches(rng) + np.float32(fluid - rng.uniform(0, 0.8))) * 6, 0, 1)
    tissue.paint(deep * pockets, FLUID + 6, _CLEAR / 2)
    _layers(tissue, rng, thickness)


def _trunk(tissue: Tissue, body: Frame, across: float, echo: float = SOFT) -> None:
    tissue.paint(body.ellipse(0, 0, 1.0, across), echo)
    tissue.paint(body.rim(0, 0, 0.98, across - 0.02, 0.06), WALL + 2)


def _vessel(tissue: Tissue, body: Frame, u: float, v: float, radius: float) -> None:
    tissue.paint(body.ellipse(u, v, radius + 0.035, radius + 0.035), WALL)
    tissue.paint(body.ellipse(u, v, radius, radius), BLOOD)


def _spine(tissue: Tissue, body: Frame, v: float) -> None:
    """Paint a vertebra across: the body and the two sides of its arch."""
    for u, beyond in ((0.0, 0.0), (-0.12, 0.16), (0.12, 0.16)):
        tissue.paint(body.ellipse(u, v + beyond, 0.075, 0.06), BONE, _SHADOW / 3)


def _ribs(tissue: Tissue, body: Frame, across: float) -> None:
    outline = body.rim(0, 0, 0.86, across - 0.14, 0.06)
    sides = np.clip((np.abs(body.u) - 0.45) * 12, 0, 1) * np.clip((0.75 - np.abs(body.v)) * 12, 0, 1)
    tissue.paint((outline * sides).astype(np.float32), BONE - 4, _SHADOW / 8)
