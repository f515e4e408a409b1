// A person at the keyboard: types, undoes, redoes and saves in a file while something else changes it.
const vscode = require('vscode');

const MARK = /<u\d+>/g;
const BY_HAND = [vscode.TextDocumentChangeReason.Undo, vscode.TextDocumentChangeReason.Redo];

/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32). */
function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

/** One person in front of one file; `kept` are the marks that were typed and not undone. */
class Typist {
  constructor(editor, seed) {
    this.editor = editor;
    this.random = chance(seed);
    this.count = 0;
    this.kept = new Set();
    this.seen = this.marks();
    this.watching = vscode.workspace.onDidChangeTextDocument((change) => {
      if (change.document === editor.document) {
        this.account(BY_HAND.includes(change.reason));
      }
    });
  }

  marks() {
    return new Set(this.editor.document.getText().match(MARK));
  }

  /** What appears was typed, now or before an undo; only what the person takes away by hand is not missed. */
  account(byHand) {
    const now = this.marks();
    now.difference(this.seen).forEach((mark) => this.kept.add(mark));
    if (byHand) {
      this.seen.difference(now).forEach((mark) => this.kept.delete(mark));
    }
    this.seen = now;
  }

  below(most) {
    return Math.floor(this.random() * most);
  }

  /** Put the cursor at the beginning, or the end, of any line; it is there when this returns. */
  async goAnywhere(atEnd) {
    const down = this.below(this.editor.document.lineCount);
    await vscode.commands.executeCommand('cursorTop');
    await vscode.commands.executeCommand('cursorMove', { to: 'down', by: 'line', value: down });
    await vscode.commands.executeCommand(atEnd ? 'cursorEnd' : 'cursorHome');
  }

  async type(atEnd, before, after) {
    await this.goAnywhere(atEnd);
    this.count += 1;
    await vscode.commands.executeCommand('type', { text: `${before}<u${this.count}>${after}` });
  }

  /** Do `times` things of any kind, with a moment between them. */
  async typeAway(times) {
    const may = [
      () => this.type(true, '\n', ''),
      () => this.type(true, ' ', ''),
      () => this.type(false, '', ' '),
      () => vscode.commands.executeCommand('undo'),
      () => vscode.commands.executeCommand('redo'),
      () => vscode.commands.executeCommand('workbench.action.files.save'),
    ];
    for (let left = times; left > 0; left -= 1) {
      await may[this.below(may.length)]();
      await pause(this.below(90));
    }
  }

  leave() {
    this.watching.dispose();
    return [...this.kept];
  }
}

/** Put a file of the folder in front of a person. */
async function sitDown(name, seed) {
  const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, name);
  return new Typist(await vscode.window.showTextDocument(uri), seed);
}

module.exports = { sitDown };
