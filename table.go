package berth

// table holds the loaded rows of one sort, by key. A row is a kilobyte for some sorts, so rows are copied as seldom as can be.
type table[R any] struct {
	rows    map[string]*row[R]
	touched []*row[R] // as they are now, in the order in which they were first touched
}

// row is one version of a row. It's replaced by another and never changed, so that undoing needs no copy of it.
type row[R any] struct {
	value   R
	present bool // it exists now
	stored  bool // it exists in the database
	touched bool
	place   int // in touched
}

func (t *table[R]) fill(keys []string, rows []R, key func(*R) string) {
	if len(keys) == 0 {
		return
	}
	t.rows = make(map[string]*row[R], len(keys))
	absent := new(row[R])
	for _, k := range keys {
		t.rows[k] = absent
	}
	for i := range rows {
		t.load(key(&rows[i]), &rows[i])
	}
}

// load notes what the database has of a row that was asked for.
func (t *table[R]) load(key string, value *R) {
	if t.rows[key] != nil {
		t.rows[key] = &row[R]{value: *value, present: true, stored: true}
	}
}

func (t *table[R]) read(key string, notLoaded func()) (R, bool) {
	r := t.rows[key]
	if r == nil {
		notLoaded()
		var zero R
		return zero, false
	}
	return r.value, r.present
}

// put writes a row. One that wasn't loaded is taken for new: its id was just made.
func (t *table[R]) put(b *Book, key string, value R) {
	before := t.rows[key]
	r := &row[R]{value: value, present: true, touched: true, place: len(t.touched)}
	if t.rows == nil {
		t.rows = make(map[string]*row[R])
	}
	t.rows[key] = r
	if before != nil {
		r.stored = before.stored
	}
	if before != nil && before.touched {
		r.place = before.place
		t.touched[r.place] = r
	} else {
		t.touched = append(t.touched, r)
	}
	b.undo = append(b.undo, func() { t.takeBack(key, r, before) })
}

// takeBack puts the row before in the place of r, nil for none.
func (t *table[R]) takeBack(key string, r, before *row[R]) {
	if before == nil {
		delete(t.rows, key)
	} else {
		t.rows[key] = before
	}
	if before != nil && before.touched {
		t.touched[r.place] = before
	} else {
		t.touched = t.touched[:r.place]
	}
}

func (t *table[R]) change() (c Change[R]) {
	news := 0
	for _, r := range t.touched {
		if !r.stored {
			news++
		}
	}
	if news > 0 {
		c.Insert = make([]R, 0, news)
	}
	if old := len(t.touched) - news; old > 0 {
		c.Update = make([]R, 0, old)
	}
	for _, r := range t.touched {
		if r.stored {
			c.Update = append(c.Update, r.value)
		} else {
			c.Insert = append(c.Insert, r.value)
		}
	}
	return c
}
