--- Answers that are too long for a message: a read-only buffer, closed by `q`.
local M = {}

--- Show lines beneath a name; a page of that name that is open is made anew.
function M.show(name, lines)
  local full = 'orchestra://' .. name
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(bufnr) == full then
      vim.api.nvim_buf_delete(bufnr, { force = true })
    end
  end
  vim.cmd('botright new')
  local bufnr = vim.api.nvim_get_current_buf()
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.api.nvim_buf_set_name(bufnr, full)
  for option, value in pairs({ buftype = 'nofile', bufhidden = 'wipe', swapfile = false, modifiable = false }) do
    vim.bo[bufnr][option] = value
  end
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr })
end

--- Show a text that may have several lines.
function M.tell(name, text)
  M.show(name, vim.split(text, '\n'))
end

return M
