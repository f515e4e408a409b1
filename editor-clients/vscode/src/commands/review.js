// Commands for what agents have written: looking at what waits, letting it in, taking runs back, who wrote what.
const { folder, pick, pickRun, place } = require('../questions');
const { Nothing } = require('../trouble');

/** @typedef {import('../commands').Command} Command */

/** @param {string} text */
function countLines(text) {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}

/** @param {any} file */
function fileItem(file) {
  const changes = file.changes.length === 1 ? '1 change' : `${file.changes.length} changes`;
  return {
    label: `$(file) ${file.path}`,
    description: file.changes.length > 0 ? changes : file.kind,
    value: { runId: file.runId, path: file.path },
  };
}

/** @param {any} file */
function changeItems(file) {
  return file.changes.map((/** @type {any} */ change) => ({
    label: `$(diff) ${file.path}:${change.line}`,
    description: `−${countLines(change.removed)} +${countLines(change.added)}`,
    detail: (change.added || change.removed).trim().split('\n')[0],
    value: { runId: file.runId, path: file.path, hunk: change.hunk },
  }));
}

/**
 * Return what waits in a folder.
 *
 * @param {import('../questions').Desk} desk
 * @param {string} workspace
 * @returns {Promise<any[]>}
 */
async function waiting({ server }, workspace) {
  const { files } = await server.ask('review', { workspace });
  if (files.length === 0) {
    throw new Nothing('nothing waits for your word');
  }
  return files;
}

/** @type {Command} */
async function review(desk) {
  const workspace = await folder();
  const file = await pick('Which file do you want to look at?', (await waiting(desk, workspace)).map(fileItem));
  // the server shows the preview, and the extension the file beside it
  return desk.server.ask('review', { workspace, ...file });
}

/** @type {(name: string, question: string) => Command} */
const decide = (name, question) => async (desk) => {
  const workspace = await folder();
  const files = await waiting(desk, workspace);
  const runs = [...new Set(files.map((file) => file.runId))];
  const whole = runs.map((runId) => ({
    label: '$(checklist) All that waits',
    description: runId,
    value: { runId },
  }));
  const choice = await pick(question, [
    ...whole,
    ...files.flatMap((file) => [fileItem(file), ...changeItems(file)]),
  ]);
  return desk.server.ask(name, { workspace, ...choice });
};

/** What was done, and what had to stay, the server says by itself. @type {Command} */
async function undoRun(desk) {
  const workspace = await folder();
  const runId = await pickRun(
    desk,
    workspace,
    'Which run do you want to take back? What you typed since stays.',
  );
  return desk.server.ask('undoRun', { workspace, runId });
}

/** @type {Command} */
async function blame({ server, reports }) {
  const { uri } = place();
  const answer = await server.ask('blame', { uri });
  const origins = new Map(
    answer.origins.map((/** @type {any} */ one) => [one.editId, `${one.runId} ${one.agent}`]),
  );
  const width = Math.max(6, ...[...origins.values()].map((name) => name.length));
  const lines = answer.lines.map((/** @type {any} */ one) => {
    const who = origins.get(one.by) ?? (one.by === 'person' ? 'you' : '-');
    return `${who.padEnd(width)}  ${String(one.line).padStart(5)}  ${one.text.replace(/\r?\n$/, '')}`;
  });
  await reports.show(`Who wrote ${answer.path}`, lines.join('\n'));
  return answer;
}

module.exports = {
  review,
  accept: decide('accept', 'What do you want to let in?'),
  reject: decide('reject', 'What do you want to turn down?'),
  undoRun,
  blame,
};
