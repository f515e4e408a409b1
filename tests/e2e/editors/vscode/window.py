"""A hand in a window of VS Code: what a test tells its browser and its extensions' interface to do."""

import asyncio
import json
from pathlib import Path
from typing import Any

PATIENCE = 60.0

ROW = "page.locator('.quick-input-list .monaco-list-row:visible', { hasText: label }).first()"
"""The first row of a list in front with a ``label``."""


class Told:
    """What a program on the other end of a stream does as it is told; see ``answering.js``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listening = asyncio.create_task(self._listen())

    async def __call__(self, body: str, **values: Any) -> Any:
        """Run statements that may ``return`` something JSON can hold; they can name the values given."""
        given = "".join(f"const {name} = {json.dumps(value)}; " for name, value in values.items())
        number = len(self._asked)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"id": number, "body": given + body}).encode() + b"\n")
        async with asyncio.timeout(2 * PATIENCE):
            told = await answer
        assert "error" not in told, f"{body}\n{told.get('error')}"
        return told["value"]

    async def _listen(self) -> None:
        while line := await self._reader.readline():
            told = json.loads(line)
            self._asked[told["id"]].set_result(told)
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("it has ended"))

    async def close(self) -> None:
        """Let the other end know that nothing more comes."""
        self._writer.close()
        await self._listening


class Code:
    """A window of VS Code: ``api`` runs statements with its extensions' interface, ``page`` in its browser."""

    def __init__(self, root: Path, page: Told, api: Told) -> None:
        self.root = root
        self.page = page
        self.api = api

    async def command(self, title: str) -> None:
        """Choose a command from the palette, by its whole title."""
        await self.api(
            "void vscode.commands.executeCommand('workbench.action.quickOpen', '>' + title)", title=title
        )
        await self.page(
            f"await {ROW}.waitFor(); await page.keyboard.press('Enter')",
            label=title,
        )

    async def answer(self, question: str, text: str) -> None:
        """Type into the box that asks a question, and confirm it."""
        await self.page(
            "await page.locator('.quick-input-message:visible', { hasText: question }).waitFor(); "
            "await page.locator('.quick-input-widget:visible input.input').fill(text); "
            "await page.keyboard.press('Enter')",
            question=question,
            text=text,
        )

    async def pick(self, question: str, label: str) -> None:
        """Take the first item with a label from the list that asks a question."""
        await self.page(
            f"await page.getByPlaceholder(question).waitFor(); await {ROW}.click()",
            question=question,
            label=label,
        )

    async def press(self, notification: str, button: str) -> None:
        """Press a button of the notification with these words."""
        await self.page(
            "await page.locator('.notification-list-item', { hasText: notification }).first()"
            ".getByRole('button', { name: button }).click()",
            notification=notification,
            button=button,
        )

    async def until(self, condition: str, **values: Any) -> Any:
        """Wait until an expression of the extensions' interface holds, and return it."""
        body = (
            f"for (let left = {PATIENCE * 50:.0f}; left > 0; left--) "
            f"{{ const found = await ({condition}); if (found) return found; "
            "await new Promise((go) => setTimeout(go, 20)); } "
            "throw new Error('it never came to be');"
        )
        return await self.api(body, **values)

    async def set(self, name: str, value: object) -> None:
        """Give a setting a value, as its page would."""
        body = (
            "await vscode.workspace.getConfiguration()"
            ".update(name, value, vscode.ConfigurationTarget.Global); return 1"
        )
        await self.api(body, name=name, value=value)

    async def show(self, name: str) -> None:
        """Bring a file of the folder to the front."""
        body = (
            "const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, name); "
            "await vscode.window.showTextDocument(uri); return 1"
        )
        await self.api(body, name=name)

    async def lens(self, title: str) -> None:
        """Press the first code lens with a title, once there is one."""
        await self.page(
            "await page.locator('.codelens-decoration a', { hasText: title }).first().click()", title=title
        )

    async def text_of(self, name: str) -> str:
        """Return the text of a file as it stands in the editor."""
        body = (
            "const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, name); "
            "return (await vscode.workspace.openTextDocument(uri)).getText()"
        )
        return str(await self.api(body, name=name))

    async def said(self, words: str) -> str:
        """Wait for a notification with these words and return its whole text."""
        body = (
            "const toast = page.locator('.notification-list-item-message', { hasText: words }).first(); "
            f"await toast.waitFor({{ timeout: {PATIENCE * 1000:.0f} }}); return toast.innerText()"
        )
        return str(await self.page(body, words=words))

    async def notifications(self) -> list[str]:
        """Return the texts of the notifications that are shown."""
        body = "return page.locator('.notification-list-item-message').allInnerTexts()"
        return list(await self.page(body))
