package main

import (
	"reflect"
	"strings"

	"github.com/berth-host/berth/internal/settings"
)

// databaseFlags are those of every command that touches the database.
type databaseFlags struct {
	DB     *string `name:"db" help:"${help_db}" placeholder:"URL"`
	Config *string `help:"Settings file (BERTH_CONFIG)." placeholder:"FILE"`
}

// settings resolves what holds for a command.
func (f *databaseFlags) settings(s *session) (settings.Settings, error) {
	flags := map[string]string{}
	if f.DB != nil {
		flags["db"] = *f.DB
	}
	return loadSettings(s, f.Config, flags)
}

// loadSettings resolves flags, environment, file and defaults. What is wrong there is a mistake of usage.
func loadSettings(s *session, file *string, flags map[string]string) (settings.Settings, error) {
	path := s.getenv("BERTH_CONFIG")
	if file != nil {
		path = *file
	}
	loaded, err := settings.Load(settings.Sources{Flags: flags, Getenv: s.getenv, File: path})
	if err != nil {
		return loaded, usageError{err}
	}
	return loaded, nil
}

// settingFlags is every setting as a flag. A nil field was not given. A test holds it against the settings' table.
type settingFlags struct {
	DB                  *string `name:"db" help:"${help_db}" placeholder:"URL"`
	SecretKeyFile       *string `name:"secret-key-file" help:"${help_secret_key_file}" placeholder:"FILE"`
	Listen              *string `name:"listen" help:"${help_listen}" placeholder:"ADDR"`
	MetricsListen       *string `name:"metrics-listen" help:"${help_metrics_listen}" placeholder:"ADDR"`
	TLSCert             *string `name:"tls-cert" help:"${help_tls_cert}" placeholder:"FILE"`
	TLSKey              *string `name:"tls-key" help:"${help_tls_key}" placeholder:"FILE"`
	TrustedProxies      *string `name:"trusted-proxies" help:"${help_trusted_proxies}" placeholder:"LIST"`
	Patience            *string `name:"patience" help:"${help_patience}" placeholder:"DURATION"`
	Lease               *string `name:"lease" help:"${help_lease}" placeholder:"DURATION"`
	CallTimeout         *string `name:"call-timeout" help:"${help_call_timeout}" placeholder:"DURATION"`
	ShutdownTimeout     *string `name:"shutdown-timeout" help:"${help_shutdown_timeout}" placeholder:"DURATION"`
	Workers             *string `name:"workers" help:"${help_workers}" placeholder:"N"`
	Queue               *string `name:"queue" help:"${help_queue}" placeholder:"N"`
	Batch               *string `name:"batch" help:"${help_batch}" placeholder:"N"`
	RatePerKey          *string `name:"rate-per-key" help:"${help_rate_per_key}" placeholder:"N"`
	FailedKeysPerMinute *string `name:"failed-keys-per-minute" help:"${help_failed_keys_per_minute}" placeholder:"N"`
	MaxHours            *string `name:"max-hours" help:"${help_max_hours}" placeholder:"N"`
	ScaleCredit         *string `name:"scale-credit" help:"${help_scale_credit}" placeholder:"RULE"`
	Zone                *string `name:"zone" help:"${help_zone}" placeholder:"ZONE"`
	IdempotencyWindow   *string `name:"idempotency-window" help:"${help_idempotency_window}" placeholder:"DURATION"`
	Passwords           *string `name:"passwords" help:"${help_passwords}" placeholder:"RULE"`
	ReconcileEvery      *string `name:"reconcile-every" help:"${help_reconcile_every}" placeholder:"DURATION"`
	ReconcileRepair     *string `name:"reconcile-repair" help:"${help_reconcile_repair}" placeholder:"RULE"`
	ROAs                *string `name:"roas" help:"${help_roas}" placeholder:"FILE"`
	Routes              *string `name:"routes" help:"${help_routes}" placeholder:"FILE"`
	LogLevel            *string `name:"log-level" help:"${help_log_level}" placeholder:"LEVEL"`
}

// given collects the flags that were on the command line, by name of setting.
func (f *settingFlags) given() map[string]string {
	flags := map[string]string{}
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		if text := v.Field(i).Interface().(*string); text != nil {
			flags[settingName(v.Type().Field(i))] = *text
		}
	}
	return flags
}

func settingName(field reflect.StructField) string {
	return strings.ReplaceAll(field.Tag.Get("name"), "-", "_")
}
