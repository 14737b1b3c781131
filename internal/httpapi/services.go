package httpapi

import (
	"context"
	"time"

	"github.com/berth-host/berth"
)

// taskAnswer is a change of a server: status at the root is where a known panel looks.
type taskAnswer struct {
	envelope
	Status    string  `json:"status"` // of the server, or "processing" while the change goes on
	LoginLink *string `json:"login_link,omitempty"`
}

// processing is the status of a change that outlasts its answer.
const processing = "processing"

// serversActions is POST /API/services/servers_actions: start, stop, restart or delete. force is taken, since a known
// panel sends it, and changes nothing.
func (s *server) serversActions(c *call) (any, error) {
	do := c.in.oneOf("action", required, berth.TaskStart, berth.TaskStop, berth.TaskRestart, berth.TaskDelete)
	c.in.boolean("force", optional)
	return s.task(c, berth.Task{Do: do})
}

// deleteServer is POST /API/services/delete_server: the same as the action delete.
func (s *server) deleteServer(c *call) (any, error) {
	return s.task(c, berth.Task{Do: berth.TaskDelete})
}

// renameServer is POST /API/services/rename_server.
func (s *server) renameServer(c *call) (any, error) {
	name := c.in.printable("name", required, 1, 100, "name_server")
	return s.task(c, berth.Task{Do: berth.TaskRename, Name: name})
}

// reinstallServer is PUT /API/services/reinstall_server. Without a password the server keeps the one that it was made
// with, as long as that is known.
func (s *server) reinstallServer(c *call) (any, error) {
	return s.task(c, berth.Task{
		Do: berth.TaskReinstall, ImageID: s.number(c, "os_id"), ApplicationID: s.number(c, "application_id"), Password: s.free(c, "password"),
	})
}

func (s *server) task(c *call, t berth.Task) (any, error) {
	r, err := s.changed(c, t)
	if err != nil {
		return nil, err
	}
	answer := taskAnswer{s.taskEnvelope(c, t.Do, r), s.taskStatus(r), nil}
	if t.Do == berth.TaskReinstall {
		answer.LoginLink = textOrNull(s.loginLink(c, r.Service))
	}
	return answer, nil
}

// changed has a change of a server made, and makes an error of one that the provider refused.
func (s *server) changed(c *call, t berth.Task) (berth.TaskReceipt, error) {
	name, id := c.serverID()
	if err := c.in.err(); err != nil {
		return berth.TaskReceipt{}, err
	}
	sv, err := s.visibleServer(c, name, id)
	if err != nil {
		return berth.TaskReceipt{}, err
	}
	limit := time.Duration(s.Desk.Policy.Patience)*time.Microsecond + s.Headroom
	ctx, cancel := context.WithTimeout(c.http.Context(), limit)
	defer cancel()
	r, err := s.Change(ctx, berth.TaskRequest{UserID: sv.UserID, ServerID: sv.ID, Task: t})
	if err == nil && r.Verdict == berth.Refused {
		err = berth.Errorf(berth.ProviderRefused, "The provider refused; nothing was changed.")
	}
	return r, err
}

// taskStatus is the server's status, or processing. A change that another process ended has ended all the same.
func (s *server) taskStatus(r berth.TaskReceipt) string {
	if r.Verdict == berth.Waiting {
		return processing
	}
	return string(r.Service.Status)
}

func (s *server) taskEnvelope(c *call, do string, r berth.TaskReceipt) envelope {
	return success(taskMessage(do, r), s.serverRecord(c, r.Service, ""))
}

func taskMessage(do string, r berth.TaskReceipt) string {
	switch r.Verdict {
	case berth.Waiting:
		return "This takes longer and goes on; detail_server shows the server."
	case berth.Unresolved:
		return "This has ended, and was not seen how; detail_server shows the server."
	}
	switch do {
	case berth.TaskStart:
		return "The server was started."
	case berth.TaskStop:
		return "The server was stopped."
	case berth.TaskRestart:
		return "The server was restarted."
	case berth.TaskDelete:
		return "The server was deleted."
	case berth.TaskRename:
		return "The server has its new name."
	case berth.TaskReinstall:
		return "The server was reinstalled."
	}
	return "Done."
}

// passwordRecord is data of reset_password.
type passwordRecord struct {
	ServerID string  `json:"server_id"`
	Password *string `json:"password"` // null while it isn't known here
	Username string  `json:"username"`
}

// resetPassword is POST /API/services/reset_password: the one answer that shows a new password, and it does so once.
func (s *server) resetPassword(c *call) (any, error) {
	r, err := s.changed(c, berth.Task{Do: berth.TaskResetPassword})
	if err != nil {
		return nil, err
	}
	message := "The server has a new root password."
	switch {
	case r.Verdict == berth.Waiting:
		message = "This takes longer and goes on, and its password will not be shown: ask for another one in a minute."
	case r.Verdict == berth.Unresolved:
		message = "This has ended, and was not seen how: ask for another password."
	case r.Password == "":
		message = "The server has a new root password, which was sent to its owner and is not known here."
	}
	record := passwordRecord{ServerID: r.Service.ID, Password: textOrNull(r.Password), Username: "root"}
	return taskAnswer{success(message, record), s.taskStatus(r), nil}, nil
}

// renewRecord is data of auto_renew.
type renewRecord struct {
	ServerID  string `json:"server_id"`
	AutoRenew int    `json:"auto_renew"`
}

// autoRenew is POST /API/services/auto_renew.
func (s *server) autoRenew(c *call) (any, error) {
	name, id := c.serverID()
	on, _ := c.in.boolean("auto_renew", required)
	if err := c.in.err(); err != nil {
		return nil, err
	}
	sv, err := s.visibleServer(c, name, id)
	if err != nil {
		return nil, err
	}
	if sv, err = s.Desk.SetAutoRenew(c.http.Context(), sv.UserID, sv.ID, on); err != nil {
		return nil, err
	}
	return success("Auto-renew updated successfully", renewRecord{sv.ID, oneOrZero(sv.AutoRenew)}), nil
}
