"""Answering items by a server, several at once if it allows that.

All requests are made in one event loop; images are prepared and results written in threads beside it, so that
neither keeps a request from being sent.
"""

import asyncio
import time
from collections.abc import Iterable

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind
from fada_tui.core.protocol import Cancelled, Delta, GaveUp, Started
from fada_tui.core.records import Result
from fada_tui.worker.generation.interfaces import Answered, Asked, Served
from fada_tui.worker.generation.item import ItemAttempt
from fada_tui.worker.generation.work import WorkSession
from fada_tui.worker.remote.errors import ServerFault, ServerRefusal
from fada_tui.worker.remote.outage import Outage, ServerGone, ServerUnavailable, Turn
from fada_tui.worker.remote.prefetch import Coming, Prefetch
from fada_tui.worker.remote.recorder import Recorder
from fada_tui.worker.remote.streak import MOST_ALIKE, Streak

LOOKS = 0.05
"""Seconds between checks whether the work was cancelled."""

LIFE_SECONDS = 0.5
"""Seconds between two progress events while no text arrives."""

MOST_CRASHES = 3
"""How often an item that is asked alone may lose a server that was just back."""

NOT_FOUND = 404


class ConcurrentRequests:
    """Parallel lanes, each of which answers one item after another.

    Args:
        server: answers.
        session: its model at the work.
    """

    def __init__(self, server: Served, session: WorkSession) -> None:
        self._server = server
        self._session = session
        self._streak = Streak()
        self._open: set[ItemAttempt] = set()
        """Those being answered."""
        self._gave_up: GaveUp | None = None

    def run(self) -> GaveUp | None:
        """Answer the items until all are finished or the client stops the work.

        Returns:
            Why the server leaves no hope, if it does.
        """
        return self._server.run(self._work())

    async def _work(self) -> GaveUp | None:
        command = self._session.command
        wanted = command.generation.concurrency
        count = min(1 if wanted is UNSET else wanted, len(command.items))
        count = min(count, command.at_most or count)
        items = Prefetch(
            command.items,
            self._session.image,
            lambda pixels: self._server.encode(pixels, command.generation),
            ahead=count,
        )
        recorder = Recorder(self._session)
        outage = Outage(self._server.patience, recorder.tell)
        lanes = [asyncio.create_task(self._lane(items, recorder, outage)) for _ in range(count)]
        watching = asyncio.create_task(self._watch(lanes, outage))
        try:
            if lanes:
                await asyncio.wait(lanes)
        finally:
            watching.cancel()
            items.close()
            await recorder.end()
        for lane in lanes:
            if not lane.cancelled():
                lane.result()  # raises what nobody expected
        return self._gave_up

    async def _lane(self, items: Prefetch, recorder: Recorder, outage: Outage) -> None:
        while True:
            await recorder.room()
            coming = items.take() if self._goes_on else None
            if coming is None:
                return
            item = coming.item
            cancelled = Cancelled(path=item.path, question_id=item.question_id)
            recorder.tell(Started(path=item.path, question_id=item.question_id))
            attempt = self._session.attempt(item, recorder.tell)
            self._open.add(attempt)
            try:
                result, by_server = await self._result(attempt, coming, outage)
            except (asyncio.CancelledError, ServerGone) as stopped:
                recorder.tell(cancelled)
                if isinstance(stopped, ServerGone):
                    self._give_up(ServerGone.kind, str(stopped), server_down=True)
                    return
                raise
            finally:
                self._open.discard(attempt)
            if result is None:
                recorder.tell(cancelled)
                return
            recorder.take(result)
            if by_server and self._streak.take(result) and result.error:
                message = f"{MOST_ALIKE} errors alike in sequence end the run: {result.error.message}"
                self._give_up(result.error.kind, message, server_down=False)

    @property
    def _goes_on(self) -> bool:
        return self._session.goes_on and self._gave_up is None

    async def _result(
        self, attempt: ItemAttempt, coming: Coming, outage: Outage
    ) -> tuple[Result | None, bool]:
        """Return an item's result, and whether the server was asked; `None` to give up without one."""
        try:
            ready = await coming.prepared()
            attempt.see(ready.image, ready.load)
            self._session.check_unchanged(attempt.item, ready.image)
        except Exception as error:
            return attempt.failed(error), False
        try:
            answered = await self._answered(attempt, ready.picture, outage)
        except ServerGone:
            raise
        except Exception as error:
            if isinstance(error, ServerRefusal) and error.status == NOT_FOUND and not self._streak.answered:
                self._give_up(error.kind, str(error), server_down=False)
                return None, True
            return attempt.failed(error), True
        return attempt.answered(replace(answered, preprocess=answered.preprocess + ready.encode)), True

    async def _answered(self, attempt: ItemAttempt, picture: object, outage: Outage) -> Answered:
        """Return an answer, waiting with the other lanes while the server is down.

        Raises:
            ServerFault, ServerRefusal: there is none, and why.
            ServerGone: the server was down for too long.
        """
        crashes = 0
        while True:
            turn = await outage.turn()
            leads = turn.alone
            try:
                answered = await self._server.answer(_heard(attempt.asked(), turn), picture)
            except (ServerUnavailable, ServerRefusal, ServerFault) as error:
                down = _unavailable(error, turn)
                if down is None:
                    turn.heard()
                    raise
                turn.failed(down)
                crashes += leads and down.cut
                if crashes >= MOST_CRASHES:
                    message = f"{down} (tried {crashes} times alone, and the server was lost each time)"
                    raise ServerFault(ErrorKind.INFERENCE_ERROR, message) from None
                attempt.send_again(str(down), 0.0, server_down=True)
            else:
                turn.heard()
                return answered
            finally:
                turn.leave()

    async def _watch(self, lanes: Iterable["asyncio.Task[None]"], outage: Outage) -> None:
        """Break off all waiting once that is wanted, and show that the work goes on."""
        told = time.monotonic()
        while True:
            await asyncio.sleep(LOOKS)
            stopped = not self._session.goes_on and outage.lasts
            if stopped or self._session.cancelled or self._gave_up:
                for lane in lanes:
                    lane.cancel()
                return
            if time.monotonic() - told >= LIFE_SECONDS:
                told = time.monotonic()
                for attempt in self._open:  # past the recorder: a slow disk is no silence
                    item = attempt.item
                    self._session.tell(Delta(path=item.path, question_id=item.question_id, text="", tokens=0))

    def _give_up(self, kind: str, message: str, *, server_down: bool) -> None:
        self._gave_up = self._gave_up or GaveUp(kind=kind, message=message, server_down=server_down)


def _heard(asked: Asked, turn: Turn) -> Asked:
    """Return a question whose first sign of life from the server lets the other lanes go on."""

    def text(piece: str, tokens: int) -> None:
        turn.heard()
        asked.on_text(piece, tokens)

    def thoughts(piece: str, tokens: int) -> None:
        turn.heard()
        asked.on_thoughts(piece, tokens)

    def again(why: str, wait: float) -> None:
        turn.heard()
        asked.on_again(why, wait)

    return replace(asked, on_text=text, on_thoughts=thoughts, on_again=again)


def _unavailable(error: Exception, turn: Turn) -> ServerUnavailable | None:
    """Return why nothing answers there; `None` if the server has answered, by an error of one request."""
    if isinstance(error, ServerUnavailable):
        return error
    silent = isinstance(error, ServerRefusal) and error.kind == ErrorKind.TIMEOUT
    return ServerUnavailable(str(error)) if silent and turn.alone else None
