// The server's edits: applied as they come, and saved where no unsaved text of the person's is at stake.
const vscode = require('vscode');

/**
 * @param {import('vscode-languageclient').ApplyWorkspaceEditParams} params
 * @param {import('vscode-languageclient').ApplyWorkspaceEditRequest.HandlerSignature} next
 */
async function applyAndSave(params, next) {
  const saves = vscode.workspace.getConfiguration('orchestra.client').get('save', true);
  const mayBeSaved = saves ? touched(params.edit).filter(isClean) : [];
  const answer = await next(params, new vscode.CancellationTokenSource().token);
  if (!(answer instanceof Error) && answer.applied) {
    await Promise.all(mayBeSaved.map(save));
  }
  return answer;
}

/**
 * Return the files whose text an edit changes, as URIs.
 *
 * @param {import('vscode-languageclient').WorkspaceEdit} edit
 */
function touched(edit) {
  const changed = (edit.documentChanges ?? []).flatMap((change) =>
    'textDocument' in change ? [change.textDocument.uri] : [],
  );
  return [...Object.keys(edit.changes ?? {}), ...changed].map((uri) => vscode.Uri.parse(uri).toString());
}

/** @param {string} uri */
function isClean(uri) {
  return document(uri)?.isDirty !== true;
}

/** @param {string} uri */
async function save(uri) {
  await document(uri)?.save();
}

/** @param {string} uri */
function document(uri) {
  return vscode.workspace.textDocuments.find((one) => one.uri.toString() === uri);
}

module.exports = { applyAndSave };
