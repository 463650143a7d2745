# varnish in front of one origin; answers are passed on as they are.
vcl 4.1;

backend origin { .host = "127.0.0.1"; .port = "@ORIGIN@"; }
