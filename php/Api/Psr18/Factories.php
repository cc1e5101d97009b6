<?php

declare(strict_types=1);

namespace Ferry\Api\Psr18;

use GuzzleHttp\Psr7\HttpFactory;
use Nyholm\Psr7\Factory\Psr17Factory;
use Psr\Http\Message\RequestFactoryInterface;
use Psr\Http\Message\ResponseFactoryInterface;
use Psr\Http\Message\StreamFactoryInterface;

/**
 * @internal
 */
final class Factories
{
    /**
     * @throws \LogicException when neither nyholm/psr7 nor guzzlehttp/psr7 is installed
     */
    public static function find(): RequestFactoryInterface&ResponseFactoryInterface&StreamFactoryInterface
    {
        return match (true) {
            class_exists(Psr17Factory::class) => new Psr17Factory(),
            class_exists(HttpFactory::class) => new HttpFactory(),
            default => throw new \LogicException('There is no PSR-17 factory. Run "composer require nyholm/psr7", or pass factories of another package.'),
        };
    }
}
