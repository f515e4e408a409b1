// What a person is asked before a command goes to the server; leaving a question throws `Dismissed`.
const vscode = require('vscode');
const { Dismissed, Nothing, Trouble } = require('./trouble');

/** @typedef {{ server: import('./server').Server, reports: import('./reports').Reports }} Desk */

/**
 * Return what somebody types.
 *
 * @param {string} question
 * @param {string} [example]
 */
async function say(question, example) {
  return demand(
    await vscode.window.showInputBox({ prompt: question, placeHolder: example, ignoreFocusOut: true }),
  );
}

/**
 * Return the value of the item that somebody picks.
 *
 * @template T
 * @param {string} question
 * @param {(vscode.QuickPickItem & { value: T })[]} items
 */
async function pick(question, items) {
  const options = {
    placeHolder: question,
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  };
  return demand(await vscode.window.showQuickPick(items, options)).value;
}

/**
 * @template T
 * @param {T | undefined} answer
 * @returns {T}
 */
function demand(answer) {
  if (answer === undefined) {
    throw new Dismissed();
  }
  return answer;
}

/** Return the path of the folder that is meant; somebody is asked only where several are open. */
async function folder() {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    throw new Trouble(
      'no folder is open; open that of your project.',
      'Open Folder',
      'workbench.action.files.openFolder',
    );
  }
  if (folders.length === 1) {
    return folders[0].uri.fsPath;
  }
  return demand(await vscode.window.showWorkspaceFolderPick({ placeHolder: 'In which folder?' })).uri.fsPath;
}

/** Return the file in front of the person with its selected lines, if any; undefined where it is none of a folder's. */
function placeOrNone() {
  const editor = vscode.window.activeTextEditor;
  const uri = editor?.document.uri;
  if (!editor || uri?.scheme !== 'file' || !vscode.workspace.getWorkspaceFolder(uri)) {
    return undefined;
  }
  const { start, end, isEmpty } = editor.selection;
  return {
    uri: uri.toString(),
    ...(isEmpty ? {} : { range: lines(start.line, end.character > 0 ? end.line : end.line - 1) }),
  };
}

/** Return the file in front of the person with its selected lines, if any. */
function place() {
  const found = placeOrNone();
  if (!found) {
    throw new Error('no file of the open folder is in front of you; open the file that is meant');
  }
  return found;
}

/**
 * Return whole lines, both counted from 0 and included, as a range of the protocol.
 *
 * @param {number} first
 * @param {number} last
 */
function lines(first, last) {
  return { start: { line: first, character: 0 }, end: { line: last + 1, character: 0 } };
}

/**
 * Return the id of a run that somebody picks from a folder's log, the newest first.
 *
 * @param {Desk} desk
 * @param {string} workspace
 * @param {string} question
 * @returns {Promise<string>}
 */
async function pickRun({ server }, workspace, question) {
  const { runs } = await server.ask('runsList', { workspace });
  if (runs.length === 0) {
    throw new Nothing(`there is no run in ${workspace} yet`);
  }
  return pick(question, [...runs].reverse().map(runItem));
}

/** @param {any} run */
function runItem(run) {
  const tests = run.testsPassed === null ? [] : [`${run.testsPassed} tests passed, ${run.testsFailed} failed`];
  const begun = new Date(run.startedAt * 1000).toLocaleString();
  return {
    label: run.title,
    description: run.state,
    detail: [begun, ...tests, run.runId].join(' · '),
    value: run.runId,
  };
}

module.exports = { demand, folder, lines, pick, pickRun, place, placeOrNone, say };
