"""The agents that change files: CodeGenerator, UIDesigner, TestWriter and Debugger."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from codecompanion.contracts import events as e
from codecompanion.contracts.errors import BadAnswer, OrchestraError
from codecompanion.contracts.messages import Role
from codecompanion.contracts.plan import PlanTask
from codecompanion.orchestra.agents import briefs
from codecompanion.orchestra.agents.base import Agent
from codecompanion.orchestra.agents.briefs import KnownFile, MendJob, WorkJob, WorkResult
from codecompanion.orchestra.agents.conversation import Conversation
from codecompanion.orchestra.agents.edit_stream import EditStream
from codecompanion.orchestra.repair import INSISTS, is_repair, only_fixes_tests
from codecompanion.orchestra.tools.toolbox import Toolbox
from codecompanion.orchestra.weakening.objections import objection_of
from codecompanion.orchestra.weakening.policy import claim_in


class Worker(Agent):
    """An agent whose output contract is files: it answers with whole files or search/replace blocks."""

    async def work(self, job: WorkJob) -> WorkResult:
        """Do one task of the plan; raises ``OrchestraError`` when nothing usable came of it."""
        return await self._produce(job.task, briefs.for_work(job), job.files, purpose="work")

    async def _produce(
        self, task: PlanTask, brief: str, shown: Sequence[KnownFile], *, purpose: str
    ) -> WorkResult:
        known = self.desk.known(task.id)
        for file in shown:
            known.saw(file.path, file.text)
        empty = not await asyncio.to_thread(self.desk.view.files)
        toolbox = None if empty else self.toolbox(known)
        conversation = self.converse(
            task.id,
            purpose="mend" if purpose == "mend" else "work",
            task=task,
            toolbox=toolbox,
            empty=empty,
            existing=tuple(path for path in task.files if self._stood_before(path)),
        )
        try:
            epoch = self.desk.log.state.starts.get(task.id)
            result = await self._until_usable(conversation, task, brief, epoch)
        except OrchestraError:
            await self._keep_reading_map(task, toolbox)
            raise
        finally:
            self.desk.leases.release(self.desk.holder(task.id))
        await self._keep_reading_map(task, toolbox)
        return result

    async def _keep_reading_map(self, task: PlanTask, toolbox: Toolbox | None) -> None:
        if toolbox:
            await self.desk.keep(task.id, "reading map", self.role.value, toolbox.reading_map())

    def _stood_before(self, path: str) -> bool:
        return path not in self.desk.log.state.bases and self.desk.view.exists(path)

    async def _until_usable(
        self, conversation: Conversation, task: PlanTask, text: str, epoch: int | None
    ) -> WorkResult:
        landed: dict[str, str] = {}
        done: set[str] = set()
        held: list[str] = []
        fault = claimed = ""
        for attempt in range(self.desk.limits.edit_repairs + 1):
            stream = self._stream(task, landed, done, epoch)
            try:
                await _answer_into(stream, conversation, text)
            except BadAnswer as error:
                fault, text = str(error), briefs.for_bad_answer(error, landed | stream.landed)
                continue
            finally:
                landed |= stream.landed
                held += stream.held
            last = attempt == self.desk.limits.edit_repairs
            if not stream.landed and (claim := self.claim(stream.prose)):
                if claimed or last:
                    raise OrchestraError(f"{INSISTS}: {claim}")
                claimed, text = claim, briefs.CLAIM_HEARD
            elif stream.rejections and not last:
                text = briefs.for_rejections(stream.rejections, landed)
            elif not (landed or held or last) and self.must_change:
                text = briefs.NOTHING_CHANGED
            else:
                await self.keep_rejected(task, stream)
                return self._result(landed, held, stream)
        raise OrchestraError(f"{self.role} gave no usable answer: {fault}")

    must_change: ClassVar[bool] = True
    """Whether an answer without any change is no answer."""

    def _result(self, landed: dict[str, str], held: list[str], stream: EditStream) -> WorkResult:
        if not (landed or held) and stream.rejections:
            # what follows the first line is help for the model
            reason = stream.rejections[0].reason.partition("\n")[0]
            raise OrchestraError(f"{self.role} changed nothing: {reason}")
        if not (landed or held) and self.must_change:
            raise OrchestraError(f"{self.role}'s answer held no file and no change")
        said = " ".join(stream.prose.split())[:300]
        done = f"{', '.join(landed)} written" if landed else "nothing changed"
        if held:
            done += f"; left to you, because the same lines were changed meanwhile: {', '.join(held)}"
        if stream.rejections:
            refused = (rejection.reason.partition("\n")[0] for rejection in stream.rejections)
            done += f"; not written: {'; '.join(refused).rstrip('.')}"
        return WorkResult(landed, f"{done}. {said}".strip(), tuple(stream.rejections))

    def _stream(self, task: PlanTask, before: dict[str, str], done: set[str], epoch: int | None) -> EditStream:
        written = dict.fromkeys(before, "")

        async def progress(path: str, text: str) -> None:
            written[path] = text
            await self.desk.note(self._progress(task, written))

        async def news(path: str, lines: int) -> None:
            now = self._progress(task, written)
            text = f"writing {path}, line {lines}"
            await self.desk.note(now.model_copy(update={"text": text}))

        return EditStream(
            self.desk,
            role=self.role,
            task_id=task.id,
            on_landed=progress,
            on_writing=news,
            done=done,
            objection=objection_of(
                self.role,
                self.desk.order,
                lambda: self.desk.log.state.bases,
                word_for_word=only_fixes_tests(self.desk.order),
            ),
            epoch=epoch,
            known=self.desk.known(task.id),
            hidden=self.hides,
            files=task.files,
        )

    def claim(self, prose: str) -> str:
        """Return what an answer says instead of a change, empty when it says nothing of that weight."""
        return ""

    async def keep_rejected(self, task: PlanTask, stream: EditStream) -> None:
        """Record the pieces of a task that were given up."""
        await stream.keep_rejected()

    def _progress(self, task: PlanTask, written: Mapping[str, str]) -> e.TaskProgressed:
        total = max(len(task.files), len(written))
        said = f"{len(written)} of {total} files written" if total > 1 else "the file is written"
        return e.TaskProgressed(task_id=task.id, text=said, done=len(written), total=total)


async def _answer_into(stream: EditStream, conversation: Conversation, text: str) -> None:
    """Ask, and land the pieces of the answer while it streams."""
    landing = asyncio.create_task(stream.land(), name="landing edits")
    try:
        try:
            await conversation.ask(text, stream)
        finally:
            stream.end()
        await landing
    except OrchestraError:
        # the call failed midway: what was complete before that is still the model's word
        await landing
        raise
    finally:
        landing.cancel()


class CodeGenerator(Worker):
    """Writes and changes program code."""

    role = Role.CODE_GENERATOR
    prompt: ClassVar[tuple[str, ...]] = ("common", "code_generator", "answer_format")


class UIDesigner(Worker):
    """Designs pages: markup, style and the script that belongs to them."""

    role = Role.UI_DESIGNER
    prompt: ClassVar[tuple[str, ...]] = ("common", "ui_designer", "answer_format")


_TEST = re.compile(r"^\s*(?:async )?def test\w*\(|^\s*(?:test|it)\(|^\s*@Test\b|^func Test\w+\(", re.MULTILINE)


class TestWriter(Worker):
    """Writes tests from the acceptance criteria; in a project it does not see the code it tests."""

    __test__ = False
    role = Role.TEST_WRITER
    prompt: ClassVar[tuple[str, ...]] = ("common", "test_writer", "answer_format")

    def hides(self, path: str) -> bool:
        """In a project, hide what the other agents wrote in this run: tests are not copies of the code."""
        return self.desk.order.kind == "project" and self.desk.log.state.authors.get(path) in (
            Role.CODE_GENERATOR,
            Role.UI_DESIGNER,
        )

    def may_run_tests(self) -> bool:
        """Not in a project: the tracebacks would show the hidden code."""
        return self.desk.order.kind != "project"

    def _progress(self, task: PlanTask, written: Mapping[str, str]) -> e.TaskProgressed:
        counted = sum(len(_TEST.findall(text)) for text in written.values())
        total = max(len(task.acceptance), counted)
        return e.TaskProgressed(
            task_id=task.id, text=f"{counted} of {total} tests written", done=counted, total=total
        )


class Debugger(Worker):
    """Reads real failures and mends their cause; what the tests check never becomes less by its work."""

    role = Role.DEBUGGER
    prompt: ClassVar[tuple[str, ...]] = ("common", "debugger", "answer_format")

    async def mend(self, job: MendJob) -> WorkResult:
        """Mend after a red test run; raises ``OrchestraError`` when nothing usable came of it."""
        return await self._produce(job.task, briefs.for_mending(job), job.files, purpose="mend")

    def claim(self, prose: str) -> str:
        """Return what it says is wrong about a test."""
        return claim_in(prose)

    async def keep_rejected(self, task: PlanTask, stream: EditStream) -> None:
        """Record nothing after a repair round: whether it was of use is for the tests to say."""
        if not is_repair(task, self.desk.order):
            await stream.keep_rejected()
