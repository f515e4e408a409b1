// Commands that begin a run. Its progress is all that is shown of it at first.
const vscode = require('vscode');
const { folder, lines, place, placeOrNone, say } = require('../questions');

/** @typedef {import('../commands').Command} Command */

/** @type {Command} */
async function startProject({ server }) {
  const workspace = await folder();
  return server.ask('startProject', {
    workspace,
    request: await say('What shall be built?', 'a to-do list web app'),
  });
}

/** @type {Command} */
async function changeCode({ server }) {
  const meant = place();
  const what = meant.range ? 'What shall change in the selected lines?' : 'What shall change in this file?';
  return server.ask('changeCode', { ...meant, request: await say(what) });
}

/** @type {Command} */
async function writeTests({ server }) {
  return server.ask('writeTests', placeOrNone() ?? { workspace: await folder() });
}

/** Mends what is marked in the file in front of the person, or in its selected lines; else the failing tests. @type {Command} */
async function fix({ server }) {
  const meant = placeOrNone();
  const diagnostics = meant ? problems(meant) : [];
  return server.ask(
    'fix',
    meant && diagnostics.length > 0 ? { ...meant, diagnostics } : { workspace: await folder() },
  );
}

/** @type {Command} */
async function designUI({ server }) {
  const workspace = await folder();
  return server.ask('designUI', { workspace, request: await say('Which page shall be designed?') });
}

/** @type {Command} */
async function runRequest({ server }) {
  const meant = place();
  const line = vscode.window.activeTextEditor?.selection.active.line ?? 0;
  return server.ask('runRequest', { range: lines(line, line), ...meant });
}

/** @type {Command} */
async function simulateTask({ server }) {
  return server.ask('simulateTask', { workspace: await folder() });
}

/**
 * Return what is marked in a place, in the words of the protocol.
 *
 * @param {NonNullable<ReturnType<typeof placeOrNone>>} meant
 */
function problems({ uri, range }) {
  return vscode.languages
    .getDiagnostics(vscode.Uri.parse(uri))
    .filter(
      (one) => !range || (one.range.end.line >= range.start.line && one.range.start.line < range.end.line),
    )
    .map(({ range: { start, end }, message, severity, source }) => ({
      range: { start: { ...start }, end: { ...end } },
      message,
      severity: severity + 1,
      source,
    }));
}

module.exports = { startProject, changeCode, writeTests, fix, designUI, runRequest, simulateTask };
