;;; eglot_session.el --- A person with eglot takes a code action  -*- lexical-binding: t -*-
;; Opens a file, takes the first code action at its start, waits for the server's last word, saves, tells what it saw.
;; By environment: SERVER (JSON list), EMACS_FILE, EMACS_REPORT; EMACS_AFTER, with a program that defines
;; `after-the-run', which does what the person does then and returns what they saw.
(require 'package)
(package-initialize)
(require 'eglot)
(require 'json)

(defvar questions nil "What the person was asked, and said yes to.")
(defvar messages nil "What the server said, newest first.")
(defvar after nil "What the person saw after the run.")
(defvar seconds nil "How long the code action kept Emacs from doing anything else.")

(defun y-or-n-p (prompt)
  (push prompt questions)
  t)

(setq make-backup-files nil
      eglot-connect-timeout 60
      ;; a number would be over with the first byte from the server
      eglot-sync-connect t)
(add-to-list 'eglot-server-programs
             (cons 'python-mode (json-parse-string (getenv "SERVER") :array-type 'list)))

(cl-defmethod eglot-handle-notification :after (_server (_method (eql window/showMessage)) &key message &allow-other-keys)
  (push message messages))

(defun report (&optional failure)
  (with-temp-file (getenv "EMACS_REPORT")
    (insert (json-serialize
             (list :questions (vconcat questions) :messages (vconcat (reverse messages))
                   :after (vconcat after) :seconds (or seconds :null) :failure (or failure :null)))))
  (let-processes-go)
  (kill-emacs))

(defun let-processes-go ()
  (dolist (process (process-list))
    (set-process-query-on-exit-flag process nil)))

(defun session ()
  (find-file (getenv "EMACS_FILE"))
  (apply #'eglot (eglot--guess-contact))
  (goto-char (point-min))
  (let ((action (elt (eglot-code-actions (point) (point)) 0))
        (began (float-time)))
    (eglot-execute-command (eglot-current-server)
                           (intern (plist-get (plist-get action :command) :command))
                           (plist-get (plist-get action :command) :arguments))
    (setq seconds (- (float-time) began)))
  (wait-for-the-end))

(defun wait-for-the-end ()
  (if (cl-some (lambda (message) (not (string-prefix-p "Orchestra has started" message))) messages)
      (progn
        (when (getenv "EMACS_AFTER")
          (load (getenv "EMACS_AFTER"))
          (setq after (after-the-run)))
        (save-some-buffers t)
        (report))
    (run-with-timer 0.1 nil #'attempt #'wait-for-the-end)))

(defun attempt (step)
  (condition-case failure (funcall step) (error (report (format "%S" failure)))))

(run-with-timer 0.1 nil #'attempt #'session)
