--- The sub-commands about what waits for the user's word.
local client = require('orchestra.client')
local messages = require('orchestra.messages')
local places = require('orchestra.places')

local M = { sub = {} }

local function entry(workspace, path, line, text)
  return { filename = workspace .. '/' .. path, lnum = line, text = text }
end

local function counted(text)
  local _, ends = text:gsub('\n', '')
  return (text == '' or text:sub(-1) == '\n') and ends or ends + 1
end

--- What waits as entries of the quickfix list, each at the line it is about.
local function entries(result)
  local found = {}
  for _, file in ipairs(result.files) do
    for _, change in ipairs(file.changes) do
      local first = vim.split(change.added ~= '' and change.added or change.removed, '\n')[1]
      local text = ('-%d +%d %s (%s)'):format(counted(change.removed), counted(change.added), vim.trim(first), file.runId)
      table.insert(found, entry(result.workspace, file.path, change.line, text))
    end
    if #file.changes == 0 then
      local text = ('%s file (%s); see :Orchestra review %s'):format(file.kind, file.runId, file.path)
      table.insert(found, entry(result.workspace, file.path, 1, text))
    end
  end
  for _, kept in ipairs(result.keptBack) do
    table.insert(found, entry(result.workspace, kept.path, kept.line, ("yours stayed, an agent's lines wait (%s)"):format(kept.runId)))
  end
  return found
end

local function list(result)
  local found = entries(result)
  if #found == 0 then
    messages.info('nothing waits for your word')
    return
  end
  vim.fn.setqflist({}, ' ', { title = 'Orchestra: what waits', items = found })
  vim.cmd('botright copen')
end

--- Open a preview where the server could not ask for that: Neovim 0.7 knows no way to be asked.
local function preview(result)
  if result.shown ~= '' and vim.api.nvim_buf_get_name(0) ~= result.shown then
    vim.cmd('sview ' .. vim.fn.fnameescape(result.shown))
  end
end

function M.sub.review(_, text)
  if text == '' then
    client.execute('review', {}, list)
  else
    client.execute('review', { path = text }, preview)
  end
end

--- Decide about the change at the cursor, as the code action there does.
local function decide_here(name, args)
  local here = places.at_cursor(args)
  local params = { textDocument = { uri = here.uri }, range = here.range, context = { diagnostics = {} } }
  client.ask('textDocument/codeAction', params, function(actions)
    for _, action in ipairs(actions or {}) do
      local command = action.command
      if type(command) == 'table' and command.command == 'orchestra.' .. name and command.arguments[1].hunk then
        client.execute(name, command.arguments[1])
        return
      end
    end
    messages.fail(('no change waits at this line; :Orchestra %s file is about all of the file, :Orchestra review lists what waits'):format(name))
  end)
end

--- Decide about a run; without its id about that of the newest change that waits.
local function decide_run(name, id)
  if id ~= '' then
    client.execute(name, { runId = id })
    return
  end
  client.execute('review', {}, function(result)
    local newest = result.files[#result.files] or result.keptBack[#result.keptBack]
    if newest then
      client.execute(name, { runId = newest.runId })
    else
      messages.info('nothing waits for your word')
    end
  end)
end

for _, name in ipairs({ 'accept', 'reject' }) do
  M.sub[name] = function(args, text)
    local what, rest = text:match('^(%S*)%s*(.-)$')
    if what == '' then
      decide_here(name, args)
    elseif what == 'file' then
      client.execute(name, rest ~= '' and { path = rest } or { uri = places.demand(args).uri })
    elseif what == 'run' then
      decide_run(name, rest)
    else
      error((":Orchestra %s takes nothing, 'file' or 'run', not '%s'"):format(name, what), 0)
    end
  end
end

return M
