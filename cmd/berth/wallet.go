package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/berth-host/berth"
)

type walletCmds struct {
	Credit    walletCreditCmd    `cmd:"" help:"Put money into a wallet, once for each reference."`
	Debit     walletDebitCmd     `cmd:"" help:"Take money out of a wallet, once for each reference."`
	Statement walletStatementCmd `cmd:"" help:"What happened in a wallet, the newest first."`
	List      walletListCmd      `cmd:"" help:"List the balances."`
}

// transferFlags are what credit and debit share.
type transferFlags struct {
	databaseFlags
	User   string `required:"" help:"Whose wallet." placeholder:"ID"`
	Amount string `required:"" help:"How much, such as 100.00."`
	Ref    string `required:"" help:"Your reference. A second call with it changes nothing."`
	Note   string `help:"A word for the statement."`
}

type walletCreditCmd struct{ transferFlags }

func (c *walletCreditCmd) Run(s *session) error { return c.transfer(s, +1) }

type walletDebitCmd struct{ transferFlags }

func (c *walletDebitCmd) Run(s *session) error { return c.transfer(s, -1) }

// walletView is a wallet as the commands show one.
type walletView struct {
	UserID   string `json:"user_id"`
	Name     string `json:"name,omitempty"`
	Balance  string `json:"balance"`
	Currency string `json:"currency"`
	Repeated *bool  `json:"repeated,omitempty"` // of a transfer: its reference was used before, nothing changed
}

func (c *transferFlags) transfer(s *session, sign int64) error {
	amount, err := berth.ParseMinor(c.Amount)
	if err != nil {
		return usageError{fmt.Errorf("--amount: %q: %s", c.Amount, berth.AsError(err).Message)}
	}
	return c.do(s, func(ctx context.Context, o *office) error {
		w, repeated, err := o.desk.Transfer(ctx, berth.Transfer{UserID: c.User, Amount: sign * amount, Ref: c.Ref, Note: c.Note})
		if err != nil {
			return err
		}
		view := walletView{UserID: c.User, Balance: berth.FormatMinor(w.Balance), Currency: w.Currency, Repeated: &repeated}
		return s.show(view, func(out io.Writer) {
			if repeated {
				row(out, "This reference was used before; nothing was changed.")
			}
			row(out, fmt.Sprintf("The balance of user %s is %s %s.", c.User, view.Balance, view.Currency))
		})
	})
}

type walletStatementCmd struct {
	databaseFlags
	User   string `required:"" help:"Whose wallet." placeholder:"ID"`
	Limit  int    `default:"50" help:"How many entries at most."`
	Before int64  `help:"Only entries with a number below this." placeholder:"SEQ"`
}

// entryView is one posting as the statement shows it.
type entryView struct {
	Seq     int64   `json:"seq"`
	At      *string `json:"at"`
	Amount  string  `json:"amount"`
	Balance string  `json:"balance"`
	Account string  `json:"account"`
	OrderID string  `json:"order_id,omitempty"`
	Ref     string  `json:"ref,omitempty"`
	Note    string  `json:"note,omitempty"`
}

// statementView is a wallet and its latest entries.
type statementView struct {
	walletView
	Entries []entryView `json:"entries"`
}

func (c *walletStatementCmd) Run(s *session) error {
	if c.Limit < 1 || c.Limit > 10_000 {
		return usageError{fmt.Errorf("--limit: %d is not between 1 and 10000; go on with --before", c.Limit)}
	}
	return c.do(s, func(ctx context.Context, o *office) error {
		w, ok, err := o.store.Wallet(ctx, c.User)
		if err != nil {
			return err
		}
		if !ok {
			return berth.Unknown("user", "Unknown user.")
		}
		entries, err := o.store.Entries(ctx, c.User, c.Before, c.Limit)
		if err != nil {
			return err
		}
		view := statementView{walletView{UserID: c.User, Balance: berth.FormatMinor(w.Balance), Currency: w.Currency}, []entryView{}}
		for _, e := range entries {
			view.Entries = append(view.Entries, entryView{Seq: e.Seq, At: stamp(e.At), Amount: berth.FormatMinor(e.Amount),
				Balance: berth.FormatMinor(e.Balance), Account: e.Contra, OrderID: e.OrderID, Ref: e.Ref, Note: e.Note})
		}
		return s.show(view, func(out io.Writer) {
			row(out, "SEQ", "AT", "AMOUNT", "BALANCE", "ACCOUNT", "ORDER OR REF", "NOTE")
			for i, e := range entries {
				v := view.Entries[i]
				row(out, fmt.Sprint(e.Seq), local(e.At, o.settings.Zone), v.Amount, v.Balance, v.Account, cmp.Or(v.OrderID, v.Ref), shown(v.Note))
			}
			row(out, fmt.Sprintf("The balance is %s %s.", view.Balance, view.Currency))
		})
	})
}

type walletListCmd struct{ databaseFlags }

func (c *walletListCmd) Run(s *session) error {
	return c.do(s, func(ctx context.Context, o *office) error {
		users, err := o.store.Users(ctx)
		if err != nil {
			return err
		}
		views := make([]walletView, 0, len(users))
		for _, u := range users {
			w, ok, err := o.store.Wallet(ctx, u.ID)
			if err != nil {
				return err
			}
			if ok {
				views = append(views, walletView{UserID: u.ID, Name: u.Username, Balance: berth.FormatMinor(w.Balance), Currency: w.Currency})
			}
		}
		return s.show(views, func(out io.Writer) {
			row(out, "USER", "NAME", "BALANCE", "CURRENCY")
			for _, v := range views {
				row(out, v.UserID, v.Name, v.Balance, v.Currency)
			}
		})
	})
}
