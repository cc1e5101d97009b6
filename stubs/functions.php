<?php

declare(strict_types=1);

namespace Ferry;

/**
 * Waits. In a fiber the fiber is suspended and the thread goes on with other fibers and events; elsewhere the call blocks,
 * and serves fibers and servers that nobody polls meanwhile.
 *
 * @param float $seconds from 0 to 31,536,000; 0 lets others have their turn
 *
 * @throws Exception\InvalidArgumentException for a number out of that range, NAN and INF
 */
function delay(float $seconds): void
{
}
