<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

/**
 * How often the framework's services get back the state that they had at the start.
 */
enum ResetPolicy: string
{
    /** After each event, as after each request: nothing of one client is seen by the next. */
    case Message = 'message';

    /** Once when the events that had arrived together are handled, at most 256: cheaper by far where many messages arrive. */
    case Batch = 'batch';

    case Never = 'never';
}
