package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/berth-host/berth"
)

type userCmds struct {
	Create  userCreateCmd  `cmd:"" help:"Make a user with an empty wallet."`
	List    userListCmd    `cmd:"" help:"List the users."`
	Suspend userSuspendCmd `cmd:"" help:"Stop a user's keys from ordering and the clock from renewing. What the user owns runs on until it expires."`
	Resume  userResumeCmd  `cmd:"" help:"Let a suspended user order again. What was to be renewed meanwhile is tried at once."`
}

// userView is a user as the commands show one.
type userView struct {
	ID        string  `json:"id"`
	ParentID  string  `json:"parent_id,omitempty"`
	Name      string  `json:"name"`
	Email     string  `json:"email"`
	Active    bool    `json:"active"`
	CreatedAt *string `json:"created_at"`
}

func viewUser(u berth.User) userView {
	return userView{ID: u.ID, ParentID: u.ParentID, Name: u.Username, Email: u.Email, Active: u.Active, CreatedAt: stamp(u.CreatedAt)}
}

type userCreateCmd struct {
	databaseFlags
	Parent   string `help:"The user whose sub-account it becomes." placeholder:"ID"`
	Name     string `help:"Name of the user; the e-mail address or id when left out."`
	Email    string `help:"E-mail address."`
	ID       string `name:"id" help:"Id to give it, at most 64 characters; made when left out."`
	Currency string `help:"Currency of the wallet; the catalogue's when left out." placeholder:"CODE"`
}

func (c *userCreateCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		u, err := o.desk.CreateUser(ctx, berth.User{
			ID: c.ID, ParentID: c.Parent, Username: cmp.Or(c.Name, c.Email, c.ID, "user"), Email: c.Email,
		}, c.Currency)
		if err != nil {
			return err
		}
		return s.show(viewUser(u), func(w io.Writer) { row(w, fmt.Sprintf("User %s (%s) was created.", u.ID, u.Username)) })
	})
}

type userListCmd struct{ databaseFlags }

func (c *userListCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		users, err := o.store.Users(ctx)
		if err != nil {
			return err
		}
		views := make([]userView, len(users))
		for i, u := range users {
			views[i] = viewUser(u)
		}
		return s.show(views, func(w io.Writer) {
			row(w, "ID", "NAME", "E-MAIL", "PARENT", "STATE", "CREATED")
			for _, u := range users {
				row(w, u.ID, u.Username, shown(u.Email), shown(u.ParentID), userState(u), local(u.CreatedAt, o.settings.Zone))
			}
		})
	})
}

func userState(u berth.User) string {
	if u.Active {
		return "active"
	}
	return "suspended"
}

type userSuspendCmd struct {
	databaseFlags
	ID string `arg:"" help:"Id of the user."`
}

func (c *userSuspendCmd) Run(s *session) error { return suspend(s, &c.databaseFlags, c.ID, true) }

type userResumeCmd struct {
	databaseFlags
	ID string `arg:"" help:"Id of the user."`
}

func (c *userResumeCmd) Run(s *session) error { return suspend(s, &c.databaseFlags, c.ID, false) }

func suspend(s *session, f *databaseFlags, id string, stop bool) error {
	return f.do(s, func(ctx context.Context, o *office) error {
		u, err := o.desk.SuspendUser(ctx, id, stop)
		if err != nil {
			return err
		}
		return s.show(viewUser(u), func(w io.Writer) { row(w, fmt.Sprintf("User %s is %s.", u.ID, userState(u))) })
	})
}
