package main

import (
	"fmt"

	"github.com/berth-host/berth"
)

// lifeFile is the policy of a catalogue, a plan or a network product as an operator writes it. What is left out of a
// plan's is the catalogue's, and what is left out there has a default.
type lifeFile struct {
	NoticeDays *int64 `yaml:"notice_days,omitempty"`
	RenewHours *int64 `yaml:"renew_hours,omitempty"`
	GraceHours *int64 `yaml:"grace_hours,omitempty"`
	DeleteDays *int64 `yaml:"delete_days,omitempty"` // -1 for never
	RetryHours *int64 `yaml:"retry_hours,omitempty"`
}

// over fills in what is left out from base.
func (f *lifeFile) over(base berth.Life) berth.Life {
	if f == nil {
		return base
	}
	for _, field := range []struct {
		given *int64
		to    *int64
	}{
		{f.NoticeDays, &base.NoticeDays}, {f.RenewHours, &base.RenewHours}, {f.GraceHours, &base.GraceHours},
		{f.DeleteDays, &base.DeleteDays}, {f.RetryHours, &base.RetryHours},
	} {
		if field.given != nil {
			*field.to = *field.given
		}
	}
	return base
}

// own is the policy of a plan or network product, nil when its file says nothing.
func (f *lifeFile) own(base berth.Life) *berth.Life {
	if f == nil {
		return nil
	}
	l := f.over(base)
	return &l
}

func fileOfLife(l *berth.Life) *lifeFile {
	if l == nil {
		return nil
	}
	return &lifeFile{&l.NoticeDays, &l.RenewHours, &l.GraceHours, &l.DeleteDays, &l.RetryHours}
}

// lifeView is a policy in JSON.
type lifeView struct {
	NoticeDays int64 `json:"notice_days"`
	RenewHours int64 `json:"renew_hours"`
	GraceHours int64 `json:"grace_hours"`
	DeleteDays int64 `json:"delete_days"` // -1 for never
	RetryHours int64 `json:"retry_hours"`
}

func viewLife(l *berth.Life) *lifeView {
	if l == nil {
		return nil
	}
	return (*lifeView)(l)
}

// lifeText is a policy in words, "" for that of the catalogue.
func lifeText(l *berth.Life) string {
	if l == nil {
		return ""
	}
	deletion := decimal(l.DeleteDays) + " d"
	if l.DeleteDays == berth.Never {
		deletion = "never"
	}
	return fmt.Sprintf("notice %d d, renewal %d h, grace %d h, deletion %s, retry %d h", l.NoticeDays, l.RenewHours, l.GraceHours, deletion, l.RetryHours)
}
