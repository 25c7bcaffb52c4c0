"""The process that owns torch and the loaded model. Nobody imports it: it is started, see `client`."""
