// Files the server wants shown: a preview of what waits is shown beside the file as it is.
const { access } = require('node:fs/promises');
const vscode = require('vscode');

/** `.orchestra/previews/<run>/<path>` beneath a folder of the window. */
const PREVIEW = /^(.*)[\\/]\.orchestra[\\/]previews[\\/][^\\/]+[\\/](.+)$/;

/**
 * @param {import('vscode-languageclient').ShowDocumentParams} params
 * @param {vscode.CancellationToken} token
 * @param {import('vscode-languageclient').ShowDocumentRequest.HandlerSignature} next
 */
async function showWithPreviews(params, token, next) {
  const preview = vscode.Uri.parse(params.uri);
  const found = PREVIEW.exec(preview.fsPath);
  if (!found) {
    return next(params, token);
  }
  const [, folder, name] = found;
  const file = vscode.Uri.joinPath(vscode.Uri.file(folder), name);
  const exists = await access(file.fsPath).then(
    () => true,
    () => false,
  );
  const command = exists
    ? vscode.commands.executeCommand('vscode.diff', file, preview, `${name}: now ↔ with what waits`)
    : vscode.commands.executeCommand('vscode.open', preview);
  await command;
  return { success: true };
}

module.exports = { showWithPreviews };
