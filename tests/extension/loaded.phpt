--TEST--
The extension loads
--FILE--
<?php
var_dump(extension_loaded('ferry'));
--EXPECT--
bool(true)
