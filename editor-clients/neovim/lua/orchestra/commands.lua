--- The sub-commands of :Orchestra.
local client = require('orchestra.client')
local completion = require('orchestra.completion')
local history = require('orchestra.history')
local messages = require('orchestra.messages')
local places = require('orchestra.places')
local reports = require('orchestra.reports')
local review = require('orchestra.review')

local M = {}

--- Go on with the text of the command line, or with what the user answers; leaving the question ends it.
local function ask(question, text, go)
  if text ~= '' then
    go(text)
    return
  end
  vim.ui.input({ prompt = question .. ' ' }, function(answer)
    if answer then
      go(answer)
    end
  end)
end

local function given(text)
  return text ~= '' and text or nil
end

local function diagnostics(args)
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(0)) do
    local line = one.lnum + 1
    if args.range == 0 or (line >= args.line1 and line <= args.line2) then
      table.insert(found, {
        range = {
          start = { line = one.lnum, character = one.col },
          ['end'] = { line = one.end_lnum or one.lnum, character = one.end_col or one.col },
        },
        message = one.message,
        severity = one.severity,
        source = one.source,
        code = one.code,
      })
    end
  end
  return found
end

local function started(result)
  messages.info(('%s started in %s'):format(result.runId, result.workspace))
end

local function steered(result)
  local others = #result.otherRuns > 0 and ('; also active: ' .. table.concat(result.otherRuns, ', ')) or ''
  messages.info(result.text .. others)
end

local sub = vim.tbl_extend('error', {}, review.sub, history.sub)
M.sub = sub

function sub.start(_, text)
  ask('What shall be built?', text, function(request)
    client.execute('startProject', { request = request }, started)
  end)
end

function sub.change(args, text)
  local argument = places.demand(args)
  ask('What shall change?', text, function(request)
    argument.request = request
    client.execute('changeCode', argument, started)
  end)
end

function sub.tests(args, text)
  local argument = places.meant(args)
  argument.request = given(text)
  client.execute('writeTests', argument, started)
end

function sub.fix(args, text)
  local found = client.document() and diagnostics(args) or {}
  -- without problems it is the failing tests that are meant, not this file
  local argument = #found > 0 and places.meant(args) or {}
  argument.diagnostics = #found > 0 and found or nil
  argument.request = given(text)
  client.execute('fix', argument, started)
end

function sub.design(_, text)
  ask('Which page shall be designed?', text, function(request)
    client.execute('designUI', { request = request }, started)
  end)
end

function sub.run(args)
  client.execute('runRequest', places.at_cursor(args), started)
end

for _, name in ipairs({ 'next', 'pause', 'stop' }) do
  sub[name] = function(_, text)
    client.execute(name, { runId = given(text) }, steered)
  end
end

function sub.resume(_, text)
  client.execute('resume', { runId = given(text) }, function(result)
    -- a run of an earlier session is started anew, one of this session is steered
    local tell = result.text and steered or started
    tell(result)
  end)
end

function sub.stopall()
  client.execute('stopAll', {}, function(result)
    messages.info(#result.runIds == 0 and 'nothing was running' or ('stopped: ' .. table.concat(result.runIds, ', ')))
  end)
end

for _, name in ipairs({ 'status', 'health', 'keys' }) do
  sub[name] = function()
    client.execute(name, {}, function(result)
      messages.info(reports[name](result))
    end)
  end
end

local function names()
  local all = vim.tbl_keys(sub)
  table.sort(all)
  return all
end

--- Run one `:Orchestra` line; what cannot be done is told in one message.
function M.run(args)
  local name = args.fargs[1] or 'status'
  local text = vim.trim(args.args:sub(#name + 1))
  if not sub[name] then
    messages.fail(("unknown sub-command '%s'; known: %s"):format(name, table.concat(names(), ', ')))
    return
  end
  local ok, reason = pcall(sub[name], args, text)
  if not ok then
    messages.fail(tostring(reason))
  end
end

--- Complete the sub-command, or what comes behind it.
function M.complete(lead, line)
  return completion.of(names(), lead, line)
end

return M
