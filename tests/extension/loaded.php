<?php
var_dump(extension_loaded('ferry'));
