--- What the plugin says to the user: one sentence, with its author.
local M = {}

local function say(text, level)
  vim.notify(vim.startswith(text, 'Orchestra: ') and text or ('Orchestra: ' .. text), level)
end

function M.info(text)
  say(text, vim.log.levels.INFO)
end

function M.warn(text)
  say(text, vim.log.levels.WARN)
end

function M.fail(text)
  say(text, vim.log.levels.ERROR)
end

local by_type = { M.fail, M.warn, M.info, M.info }

--- The handler of `window/showMessage`: by vim.notify, so that a long one needs no key to go on.
function M.shown(_, params)
  local tell = by_type[params.type] or M.info
  tell(params.message)
end

return M
