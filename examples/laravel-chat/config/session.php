<?php

declare(strict_types=1);

return ['driver' => 'file', 'lifetime' => 120, 'files' => storage_path('framework/sessions'), 'lottery' => [2, 100], 'cookie' => 'chat_session', 'path' => '/', 'same_site' => 'lax'];
