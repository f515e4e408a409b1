-- Defines :Orchestra; everything else is loaded when it is first used.
if vim.g.loaded_orchestra then
  return
end
vim.g.loaded_orchestra = true

vim.api.nvim_create_user_command('Orchestra', function(args)
  require('orchestra.commands').run(args)
end, {
  nargs = '*',
  range = true,
  desc = 'Ask the agents of CodeCompanion Orchestra',
  complete = function(lead, line, position)
    return require('orchestra.commands').complete(lead, line:sub(1, position))
  end,
})
