--- The sub-commands of :Orchestra.
local client = require('orchestra.client')
local runs = require('orchestra.runs')

local M = {}

local function here()
  return { uri = vim.uri_from_bufnr(0) }
end

local function lines(args)
  if args.range == 0 then
    return nil
  end
  return {
    start = { line = args.line1 - 1, character = 0 },
    ['end'] = { line = args.line2, character = 0 },
  }
end

local function started(result)
  vim.notify(('Orchestra: %s started'):format(result.runId))
end

local function ask(question, text, go)
  if text ~= '' then
    go(text)
    return
  end
  vim.ui.input({ prompt = question .. ' ' }, function(answer)
    if answer and answer ~= '' then
      go(answer)
    end
  end)
end

local function diagnostics(args)
  local first, last = args.line1 - 1, args.line2 - 1
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(0)) do
    if args.range == 0 or (one.lnum >= first and one.lnum <= last) then
      table.insert(found, {
        range = {
          start = { line = one.lnum, character = one.col },
          ['end'] = { line = one.end_lnum or one.lnum, character = one.end_col or one.col },
        },
        message = one.message,
        severity = one.severity,
        source = one.source,
      })
    end
  end
  return found
end

local function place(args)
  local argument = here()
  argument.range = lines(args)
  return argument
end

local sub = {}

function sub.start(args, text)
  ask('What shall be built?', text, function(request)
    client.execute('startProject', { request = request }, started)
  end)
end

function sub.change(args, text)
  local argument = place(args)
  ask('What shall change?', text, function(request)
    argument.request = request
    client.execute('changeCode', argument, started)
  end)
end

function sub.tests(args, text)
  local argument = place(args)
  argument.request = text ~= '' and text or nil
  client.execute('writeTests', argument, started)
end

function sub.fix(args, text)
  local found = diagnostics(args)
  if #found == 0 then
    client.execute('fix', { request = text ~= '' and text or nil }, started)
    return
  end
  local argument = place(args)
  argument.diagnostics = found
  argument.request = text ~= '' and text or nil
  client.execute('fix', argument, started)
end

function sub.design(args, text)
  ask('Which page shall be designed?', text, function(request)
    client.execute('designUI', { request = request }, started)
  end)
end

function sub.run(args)
  local line = (args.range == 0 and vim.api.nvim_win_get_cursor(0)[1] or args.line1) - 1
  local argument = here()
  argument.range = { start = { line = line, character = 0 }, ['end'] = { line = line, character = 0 } }
  client.execute('runRequest', argument, started)
end

function sub.status()
  client.execute('status', {}, function(result)
    vim.notify(runs.report(result.runs))
  end)
end

function sub.health()
  client.execute('health', {}, function(result)
    vim.notify(vim.inspect(result))
  end)
end

function sub.keys()
  client.execute('keys', {}, function(result)
    vim.notify(vim.inspect(result.providers))
  end)
end

for _, name in ipairs({ 'next', 'pause', 'resume', 'stop' }) do
  sub[name] = function(_, text)
    client.execute(name, { runId = text ~= '' and text or nil })
  end
end

function sub.stopall()
  client.execute('stopAll', {})
end

local function names()
  local all = vim.tbl_keys(sub)
  table.sort(all)
  return all
end

--- Run one `:Orchestra` line.
function M.run(args)
  local name = args.fargs[1] or 'status'
  local text = vim.trim(args.args:sub(#name + 1))
  if not sub[name] then
    vim.notify(("Orchestra: unknown sub-command '%s'; known: %s"):format(name, table.concat(names(), ', ')), vim.log.levels.ERROR)
    return
  end
  sub[name](args, text)
end

--- Complete the sub-command.
function M.complete(lead, line)
  if line:match('Orchestra%s+%S+%s') then
    return {}
  end
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, names())
end

return M
