package store

import (
	"github.com/berth-host/berth"
)

// The tables, each described once. The migrations create them with the same columns; a test compares the two.
var (
	users = newTable("users",
		[]column[berth.User]{
			text("id", func(r *berth.User) *string { return &r.ID }),
		}, []column[berth.User]{
			text("parent_id", func(r *berth.User) *string { return &r.ParentID }),
			number("created_at", func(r *berth.User) *int64 { return &r.CreatedAt }),
		}, []column[berth.User]{
			text("username", func(r *berth.User) *string { return &r.Username }),
			text("email", func(r *berth.User) *string { return &r.Email }),
			flag("active", func(r *berth.User) *bool { return &r.Active }),
			flag("superuser", func(r *berth.User) *bool { return &r.Superuser }),
			number("notice_days", func(r *berth.User) *int64 { return &r.NoticeDays }),
			text("notice_by", func(r *berth.User) *string { return &r.NoticeBy }),
			flag("email_verified", func(r *berth.User) *bool { return &r.EmailVerified }),
			number("updated_at", func(r *berth.User) *int64 { return &r.UpdatedAt }),
		})

	apiKeys = newTable("api_keys",
		[]column[berth.APIKey]{
			text("id", func(r *berth.APIKey) *string { return &r.ID }),
		}, []column[berth.APIKey]{
			text("user_id", func(r *berth.APIKey) *string { return &r.UserID }),
			text("hash", func(r *berth.APIKey) *string { return &r.Hash }),
			number("created_at", func(r *berth.APIKey) *int64 { return &r.CreatedAt }),
		}, []column[berth.APIKey]{
			text("name", func(r *berth.APIKey) *string { return &r.Name }),
			words("scopes", func(r *berth.APIKey) wordList { return scopes{&r.Scopes} }),
			words("addresses", func(r *berth.APIKey) wordList { return prefixes{&r.Addresses} }),
			number("expires_at", func(r *berth.APIKey) *int64 { return &r.ExpiresAt }),
			number("revoked_at", func(r *berth.APIKey) *int64 { return &r.RevokedAt }),
			number("updated_at", func(r *berth.APIKey) *int64 { return &r.UpdatedAt }),
		})

	wallets = newTable("wallets",
		[]column[berth.Wallet]{
			text("user_id", func(r *berth.Wallet) *string { return &r.UserID }),
		}, []column[berth.Wallet]{
			text("currency", func(r *berth.Wallet) *string { return &r.Currency }),
		}, []column[berth.Wallet]{
			number("balance", func(r *berth.Wallet) *int64 { return &r.Balance }),
			number("seq", func(r *berth.Wallet) *int64 { return &r.Seq }),
			number("updated_at", func(r *berth.Wallet) *int64 { return &r.UpdatedAt }),
		})

	entries = newTable("entries",
		[]column[berth.Entry]{
			text("user_id", func(r *berth.Entry) *string { return &r.UserID }),
			number("seq", func(r *berth.Entry) *int64 { return &r.Seq }),
		}, []column[berth.Entry]{
			number("amount", func(r *berth.Entry) *int64 { return &r.Amount }),
			number("balance", func(r *berth.Entry) *int64 { return &r.Balance }),
			text("contra", func(r *berth.Entry) *string { return &r.Contra }),
			text("order_id", func(r *berth.Entry) *string { return &r.OrderID }),
			text("ref", func(r *berth.Entry) *string { return &r.Ref }),
			text("note", func(r *berth.Entry) *string { return &r.Note }),
			number("at", func(r *berth.Entry) *int64 { return &r.At }),
			text("batch", func(r *berth.Entry) *string { return &r.Batch }),
		}, nil)

	// What an order was placed with never changes, except that its password is dropped or sealed anew, that it may go on to
	// another provider, and that its period begins anew when a person completes it: see progress.go.
	orders = newTable("orders",
		[]column[berth.Order]{
			text("id", func(r *berth.Order) *string { return &r.ID }),
		}, []column[berth.Order]{
			text("number", func(r *berth.Order) *string { return &r.Number }),
			text("kind", func(r *berth.Order) *string { return &r.Kind }),
			text("user_id", func(r *berth.Order) *string { return &r.UserID }),
			number("amount", func(r *berth.Order) *int64 { return &r.Amount }),
			text("service_id", func(r *berth.Order) *string { return &r.ServiceID }),
			text("stock_key", func(r *berth.Order) *string { return &r.StockKey }),
			number("created_at", func(r *berth.Order) *int64 { return &r.CreatedAt }),
			pack("terms",
				number("difference", func(r *berth.Order) *int64 { return &r.Difference }),
				number("balance_before", func(r *berth.Order) *int64 { return &r.BalanceBefore }),
				text("currency", func(r *berth.Order) *string { return &r.Currency }),
				number("catalogue_version", func(r *berth.Order) *int64 { return &r.CatalogueVersion }),
				text("plan_id", func(r *berth.Order) *string { return &r.PlanID }),
				number("image_id", func(r *berth.Order) *int64 { return &r.ImageID }),
				number("application_id", func(r *berth.Order) *int64 { return &r.ApplicationID }),
				text("location", func(r *berth.Order) *string { return &r.Location }),
				text("name", func(r *berth.Order) *string { return &r.Name }),
				text("versions", func(r *berth.Order) *string { return &r.Versions }),
				number("hours", func(r *berth.Order) *int64 { return &r.Hours }),
				text("network_id", func(r *berth.Order) *string { return &r.NetworkID }),
				text("cycle", func(r *berth.Order) *string { return &r.Cycle }),
				text("product", func(r *berth.Order) *string { return &r.Product }),
				text("description", func(r *berth.Order) *string { return &r.Description }),
				flag("auto_renew", func(r *berth.Order) *bool { return &r.AutoRenew }),
				number("cores", func(r *berth.Order) *int64 { return &r.Cores }),
				number("ram", func(r *berth.Order) *int64 { return &r.RAM }),
				number("disk", func(r *berth.Order) *int64 { return &r.Disk }),
				text("disk_type", func(r *berth.Order) *string { return &r.DiskType }),
				number("price", func(r *berth.Order) *int64 { return &r.Price }),
				text("provider", func(r *berth.Order) *string { return &r.Provider }),
				text("others", func(r *berth.Order) *string { return &r.Others }),
				number("expires_at", func(r *berth.Order) *int64 { return &r.ExpiresAt }),
				text("items", func(r *berth.Order) *string { return &r.Items }),
				text("cidr", func(r *berth.Order) *string { return &r.CIDR }),
				text("gateway", func(r *berth.Order) *string { return &r.Gateway }),
				text("mac", func(r *berth.Order) *string { return &r.MAC }),
				text("peering", func(r *berth.Order) *string { return &r.Peering }),
			),
		}, append([]column[berth.Order]{
			text("state", func(r *berth.Order) *string { return (*string)(&r.State) }),
			number("attempt", func(r *berth.Order) *int64 { return &r.Attempt }),
			text("holder", func(r *berth.Order) *string { return &r.Holder }),
			number("due_at", func(r *berth.Order) *int64 { return &r.DueAt }),
			number("answer_by", func(r *berth.Order) *int64 { return &r.AnswerBy }),
			flag("doubt", func(r *berth.Order) *bool { return &r.Doubt }),
			words("progress", func(r *berth.Order) wordList { return progress{r} }),
			text("password", func(r *berth.Order) *string { return &r.Password }),
			number("updated_at", func(r *berth.Order) *int64 { return &r.UpdatedAt }),
			number("wake_at", func(r *berth.Order) *int64 { at := wakeAt(r); return &at }), // nothing of the order: see due.go
		}, result(func(r *berth.Order) *berth.Result { return &r.Result })...))

	services = newTable("services",
		[]column[berth.Service]{
			text("id", func(r *berth.Service) *string { return &r.ID }),
		}, []column[berth.Service]{
			text("sort", func(r *berth.Service) *string { return &r.Sort }),
			text("user_id", func(r *berth.Service) *string { return &r.UserID }),
			number("created_at", func(r *berth.Service) *int64 { return &r.CreatedAt }),
		}, append([]column[berth.Service]{
			text("open_order", func(r *berth.Service) *string { return &r.OpenOrder }),
			text("status", func(r *berth.Service) *string { return (*string)(&r.Status) }),
			pack("terms",
				text("name", func(r *berth.Service) *string { return &r.Name }),
				text("plan_id", func(r *berth.Service) *string { return &r.PlanID }),
				number("cores", func(r *berth.Service) *int64 { return &r.Cores }),
				number("ram", func(r *berth.Service) *int64 { return &r.RAM }),
				number("disk", func(r *berth.Service) *int64 { return &r.Disk }),
				text("disk_type", func(r *berth.Service) *string { return &r.DiskType }),
				number("price", func(r *berth.Service) *int64 { return &r.Price }),
				number("hours", func(r *berth.Service) *int64 { return &r.Hours }),
				text("location", func(r *berth.Service) *string { return &r.Location }),
				number("image_id", func(r *berth.Service) *int64 { return &r.ImageID }),
				number("application_id", func(r *berth.Service) *int64 { return &r.ApplicationID }),
				text("network_id", func(r *berth.Service) *string { return &r.NetworkID }),
				text("cycle", func(r *berth.Service) *string { return &r.Cycle }),
				text("product", func(r *berth.Service) *string { return &r.Product }),
				text("items", func(r *berth.Service) *string { return &r.Items }),
				text("cidr", func(r *berth.Service) *string { return &r.CIDR }),
				text("gateway", func(r *berth.Service) *string { return &r.Gateway }),
				text("mac", func(r *berth.Service) *string { return &r.MAC }),
				text("peering", func(r *berth.Service) *string { return &r.Peering }),
				number("cycle_day", func(r *berth.Service) *int64 { return &r.CycleDay }),
			),
			text("provider", func(r *berth.Service) *string { return &r.Provider }),
			text("stock_key", func(r *berth.Service) *string { return &r.StockKey }),
			flag("auto_renew", func(r *berth.Service) *bool { return &r.AutoRenew }),
			number("expires_at", func(r *berth.Service) *int64 { return &r.ExpiresAt }),
			number("updated_at", func(r *berth.Service) *int64 { return &r.UpdatedAt }),
			number("due_at", func(r *berth.Service) *int64 { return &r.DueAt }),
			pack("work", // empty for nearly all services at nearly all times
				flag("stopped", func(r *berth.Service) *bool { return &r.Stopped }),
				text("held", func(r *berth.Service) *string { return &r.Held }),
				number("noticed", func(r *berth.Service) *int64 { return &r.Noticed }),
				number("attempt", func(r *berth.Service) *int64 { return &r.Attempt }),
				text("holder", func(r *berth.Service) *string { return &r.Holder }),
				number("answer_by", func(r *berth.Service) *int64 { return &r.AnswerBy }),
				flag("doubt", func(r *berth.Service) *bool { return &r.Doubt }),
				text("note", func(r *berth.Service) *string { return &r.Note }),
				text("do", func(r *berth.Service) *string { return &r.Task.Do }),
				number("first", func(r *berth.Service) *int64 { return &r.Task.First }),
				number("to_image", func(r *berth.Service) *int64 { return &r.Task.ImageID }),
				number("to_application", func(r *berth.Service) *int64 { return &r.Task.ApplicationID }),
				text("to_name", func(r *berth.Service) *string { return &r.Task.Name }),
				text("password", func(r *berth.Service) *string { return &r.Task.Password }),
				number("suspended_at", func(r *berth.Service) *int64 { return &r.SuspendedAt }),
				number("warned", func(r *berth.Service) *int64 { return &r.Warned }),
			),
		}, result(func(r *berth.Service) *berth.Result { return &r.Result })...))

	events = newTable("events",
		[]column[berth.Event]{
			text("batch", func(r *berth.Event) *string { return &r.Batch }),
			number("n", func(r *berth.Event) *int64 { return &r.N }),
		}, []column[berth.Event]{
			number("at", func(r *berth.Event) *int64 { return &r.At }),
			text("name", func(r *berth.Event) *string { return &r.Name }),
			text("user_id", func(r *berth.Event) *string { return &r.UserID }),
			text("order_id", func(r *berth.Event) *string { return &r.OrderID }),
			text("service_id", func(r *berth.Event) *string { return &r.ServiceID }),
			text("detail", func(r *berth.Event) *string { return &r.Detail }),
			number("amount", func(r *berth.Event) *int64 { return &r.Amount }),
		}, nil)

	keys = newTable("idempotency_keys",
		[]column[berth.Key]{
			text("id", func(r *berth.Key) *string { return &r.ID }),
		}, nil, []column[berth.Key]{
			text("mark", func(r *berth.Key) *string { return &r.Mark }),
			text("order_id", func(r *berth.Key) *string { return &r.OrderID }),
			number("expires_at", func(r *berth.Key) *int64 { return &r.ExpiresAt }),
		})

	stock = newTable("stock",
		[]column[berth.Stock]{
			text("key", func(r *berth.Stock) *string { return &r.Key }),
		}, nil, []column[berth.Stock]{
			number("capacity", func(r *berth.Stock) *int64 { return &r.Capacity }),
			number("used", func(r *berth.Stock) *int64 { return &r.Used }),
			number("updated_at", func(r *berth.Stock) *int64 { return &r.UpdatedAt }),
		})

	pools = newTable("pools",
		[]column[berth.Pool]{
			text("name", func(r *berth.Pool) *string { return &r.Name }),
		}, []column[berth.Pool]{
			text("kind", func(r *berth.Pool) *string { return (*string)(&r.Kind) }),
			number("created_at", func(r *berth.Pool) *int64 { return &r.CreatedAt }),
		}, []column[berth.Pool]{
			text("location", func(r *berth.Pool) *string { return &r.Location }),
			words("ranges", func(r *berth.Pool) wordList { return jsonList[berth.Range]{&r.Ranges} }),
			words("reserved", func(r *berth.Pool) wordList { return jsonList[berth.Span]{&r.Reserved} }),
			text("mac", func(r *berth.Pool) *string { return &r.MAC }),
			number("rest", func(r *berth.Pool) *int64 { return &r.Rest }),
			number("next_place", func(r *berth.Pool) *int64 { return &r.Next }),
			number("removed_at", func(r *berth.Pool) *int64 { return &r.RemovedAt }),
			number("updated_at", func(r *berth.Pool) *int64 { return &r.UpdatedAt }),
		})

	items = newTable("pool_items",
		[]column[berth.Item]{
			text("id", func(r *berth.Item) *string { return &r.ID }),
		}, []column[berth.Item]{
			text("pool", func(r *berth.Item) *string { return &r.Pool }),
			number("place", func(r *berth.Item) *int64 { return &r.Place }),
			text("value", func(r *berth.Item) *string { return &r.Value }),
		}, []column[berth.Item]{
			text("owner", func(r *berth.Item) *string { return &r.Owner }),
			text("last_owner", func(r *berth.Item) *string { return &r.Last }),
			number("free_at", func(r *berth.Item) *int64 { return &r.FreeAt }),
			number("taken_at", func(r *berth.Item) *int64 { return &r.TakenAt }),
			number("updated_at", func(r *berth.Item) *int64 { return &r.UpdatedAt }),
		})

	counters = newTable("counters",
		[]column[berth.Counter]{
			text("name", func(r *berth.Counter) *string { return &r.Name }),
		}, nil, []column[berth.Counter]{
			number("value", func(r *berth.Counter) *int64 { return &r.Value }),
		})

	meta = newTable("meta",
		[]column[berth.Meta]{
			text("name", func(r *berth.Meta) *string { return &r.Name }),
		}, nil, []column[berth.Meta]{
			text("value", func(r *berth.Meta) *string { return &r.Value }),
		})

	catalogues = newTable("catalogues",
		[]column[catalogueRow]{
			number("version", func(r *catalogueRow) *int64 { return &r.version }),
		}, []column[catalogueRow]{
			text("text", func(r *catalogueRow) *string { return &r.text }),
			number("applied_at", func(r *catalogueRow) *int64 { return &r.appliedAt }),
		}, nil)

	batches = newTable("batches",
		[]column[berth.Batch]{
			text("id", func(r *berth.Batch) *string { return &r.ID }),
		}, []column[berth.Batch]{
			number("at", func(r *berth.Batch) *int64 { return &r.At }),
			flag("void", func(r *berth.Batch) *bool { return &r.Void }),
			text("digest", func(r *berth.Batch) *string { return &r.Digest }),
		}, []column[berth.Batch]{
			number("seq", func(r *berth.Batch) *int64 { return &r.Seq }),
			text("hash", func(r *berth.Batch) *string { return &r.Hash }),
			number("look_at", func(r *berth.Batch) *int64 { return &r.LookAt }),
		})
)

// heldColumns are those of an order that is changed without having been loaded: as orders change, and last the instant
// of the change that its holder knows of. PostgreSQL takes rows in the table's own type, which has no column for that, so
// it goes under the name of one that never changes.
var heldColumns = append(heldBy(orders.changing), number(heldSince, func(r *berth.Held) *int64 { return &r.Was }))

const heldSince = "created_at"

// heldBy makes columns of an order those of an order that somebody holds.
func heldBy(columns []column[berth.Order]) []column[berth.Held] {
	held := make([]column[berth.Held], len(columns))
	for i, c := range columns {
		h := column[berth.Held]{name: c.name}
		if c.text != nil {
			h.text = func(r *berth.Held) *string { return c.text(&r.Order) }
		}
		if c.number != nil {
			h.number = func(r *berth.Held) *int64 { return c.number(&r.Order) }
		}
		if c.flag != nil {
			h.flag = func(r *berth.Held) *bool { return c.flag(&r.Order) }
		}
		if c.list != nil {
			h.list = func(r *berth.Held) wordList { return c.list(&r.Order) }
		}
		held[i] = h
	}
	return held
}

// result is what orders and services share: what the driver delivered.
func result[R any](at func(*R) *berth.Result) []column[R] {
	return []column[R]{
		text("provider_ref", func(r *R) *string { return &at(r).ProviderRef }),
		number("server_no", func(r *R) *int64 { return &at(r).ServerNo }),
		text("server_uuid", func(r *R) *string { return &at(r).ServerUUID }),
		text("address", func(r *R) *string { return &at(r).Address }),
		text("login_link", func(r *R) *string { return &at(r).LoginLink }),
	}
}

// catalogueRow is a version of the catalogue. text is its JSON: it is only ever read as a whole.
type catalogueRow struct {
	version   int64
	text      string
	appliedAt int64
}
