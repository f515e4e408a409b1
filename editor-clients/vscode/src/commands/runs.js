// Commands for the runs in a folder's log: reading, comparing, forking, sharing and tidying them.
const vscode = require('vscode');
const { printed } = require('../program');
const { demand, folder, pick, pickRun, say } = require('../questions');
const { inform } = require('../trouble');

/** @typedef {import('../questions').Desk} Desk */
/** @typedef {import('../commands').Command} Command */
/** @typedef {(desk: Desk, workspace: string, runId: string) => Promise<any>} OfRun */

/** @type {OfRun} */
async function show({ reports }, workspace, runId) {
  await reports.show(`Run ${runId}`, await printed(workspace, 'runs', 'show', runId, '--workspace', workspace));
}

/** @type {OfRun} */
async function replay({ reports }, workspace, runId) {
  const to = await say('As it was when? Give the number of an event, a time, or “last”.', 'last');
  const moment = await printed(
    workspace,
    'runs',
    'replay',
    runId,
    '--to',
    to || 'last',
    '--workspace',
    workspace,
  );
  await reports.show(`Run ${runId} at ${to || 'last'}`, moment);
}

/** @type {OfRun} */
async function resume({ server }, workspace, runId) {
  const { text } = await server.ask('resume', { workspace, runId });
  inform(text);
}

/** @type {OfRun} */
async function fork({ server }, workspace, runId) {
  const at = await say('From which event on? Give its number; “Tell the Story” shows them.');
  const model = await say('With which model? Leave it empty to keep the models.', 'local/qwen2.5-coder:7b');
  const answer = await server.ask('runsFork', { workspace, runId, at, ...(model && { model }) });
  inform(`the fork works in ${answer.folder}`);
}

/** @type {OfRun} */
async function diff(desk, workspace, runId) {
  const other = await pickRun(desk, workspace, 'Compare it with which run?');
  await desk.reports.show(
    `${runId} and ${other}`,
    await printed(workspace, 'runs', 'diff', runId, other, '--workspace', workspace),
  );
}

/** @type {OfRun} */
async function statement({ server, reports }, workspace, runId) {
  const { text } = await server.ask('statement', { workspace, runId });
  await reports.show(`Cost of ${runId}`, text);
}

/** @type {OfRun} */
async function routerWhy({ server, reports }, workspace, runId) {
  const { text } = await server.ask('routerWhy', { workspace, runId });
  await reports.show(`Choice of the Model in ${runId}`, text);
}

/** @type {OfRun} */
async function exportRun({ server }, workspace, runId) {
  const defaultUri = vscode.Uri.joinPath(vscode.Uri.file(workspace), `${runId}.orchestra-run.jsonl`);
  const file = demand(await vscode.window.showSaveDialog({ defaultUri, title: 'Write the run to' })).fsPath;
  const answer = await server.ask('runsExport', { workspace, runId, file });
  inform(`${answer.events} events written to ${answer.file}`);
}

/** @type {OfRun} */
async function rename({ server }, workspace, runId) {
  await server.ask('runsRename', { workspace, runId, title: await say('What shall the run be called?') });
}

/** @type {OfRun} */
async function archive({ server }, workspace, runId) {
  await server.ask('runsArchive', { workspace, runId });
  inform('the run is kept out of the list from now on');
}

/** @type {OfRun} */
async function undo({ server }, workspace, runId) {
  await server.ask('undoRun', { workspace, runId });
}

/** @type {Command} */
async function runsList(desk) {
  const workspace = await folder();
  const runId = await pickRun(desk, workspace, 'Which run?');
  const does = await pick(
    'What do you want to do with it?',
    /** @type {[string, OfRun][]} */ ([
      ['Tell the Story', show],
      ['Show It as It Was…', replay],
      ['Go On with It', resume],
      ['Take It Back', undo],
      ['Fork It…', fork],
      ['Compare It…', diff],
      ['Show What It Cost', statement],
      ['Tell Why a Model Was Chosen', routerWhy],
      ['Write It to a File…', exportRun],
      ['Rename It…', rename],
      ['Archive It', archive],
    ]).map(([label, value]) => ({ label, value })),
  );
  return does(desk, workspace, runId);
}

/** @type {(does: OfRun) => Command} */
const ofPicked = (does) => async (desk) => {
  const workspace = await folder();
  return does(desk, workspace, await pickRun(desk, workspace, 'Which run?'));
};

/** @type {Command} */
async function runsImport({ server }) {
  const workspace = await folder();
  const [file] = demand(
    await vscode.window.showOpenDialog({ title: 'Take a run from a file', canSelectMany: false }),
  );
  const answer = await server.ask('runsImport', { workspace, file: file.fsPath });
  inform(`${answer.runId} was taken in, with ${answer.events} events`);
}

/** @type {Command} */
async function runsClean({ server }) {
  const workspace = await folder();
  const { runs } = await server.ask('runsClean', { workspace, dryRun: true });
  if (runs.length === 0) {
    inform('no run is old enough to be removed');
    return;
  }
  const question = `Remove ${runs.length === 1 ? 'one old run' : `${runs.length} old runs`} for good?`;
  demand(await vscode.window.showWarningMessage(question, { modal: true }, 'Remove'));
  await server.ask('runsClean', { workspace });
}

/** @type {Command} */
async function runsVerify({ reports }) {
  const workspace = await folder();
  await reports.show('Check of the Log', await printed(workspace, 'runs', 'verify', '--workspace', workspace));
}

module.exports = {
  runsList,
  runsShow: ofPicked(show),
  runsReplay: ofPicked(replay),
  runsFork: ofPicked(fork),
  runsDiff: ofPicked(diff),
  statement: ofPicked(statement),
  routerWhy: ofPicked(routerWhy),
  runsExport: ofPicked(exportRun),
  runsRename: ofPicked(rename),
  runsArchive: ofPicked(archive),
  runsImport,
  runsClean,
  runsVerify,
};
