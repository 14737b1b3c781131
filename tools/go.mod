// The programs that judge the code, in a module of their own, so that what they need never moves a version of what Berth
// needs. scripts/check builds them into bin/; the versions are exact, for another one finds other things.
module github.com/berth-host/berth/tools

go 1.26.0

tool honnef.co/go/tools/cmd/staticcheck

require github.com/securego/gosec/v2 v2.29.0

require (
	github.com/BurntSushi/toml v1.6.0 // indirect
	github.com/ccojocar/zxcvbn-go v1.0.4 // indirect
	golang.org/x/exp/typeparams v0.0.0-20231108232855-2478ac86f678 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/sync v0.23.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	golang.org/x/tools v0.51.0 // indirect
	honnef.co/go/tools v0.8.2 // indirect
)
