<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Api;

use Symfony\Component\HttpFoundation\BinaryFileResponse;
use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpFoundation\RedirectResponse;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\RequestStack;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpFoundation\StreamedResponse;
use Symfony\Component\HttpKernel\Event\TerminateEvent;
use Symfony\Component\Routing\Generator\UrlGeneratorInterface;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;

/**
 * An API whose answers show what its controllers see.
 */
final class NotesController
{
    /** @var list<string> */
    public array $terminated = [];

    public function __construct(
        private readonly TokenStorageInterface $tokens,
        private readonly RequestStack $requests,
        private readonly UrlGeneratorInterface $urls,
    ) {
    }

    public function write(Request $request): JsonResponse
    {
        $user = $this->tokens->getToken()?->getUser();
        $session = $request->getSession();
        $visits = (int) $session->get('visits', 0);
        $session->set('visits', $visits + 1);

        return new JsonResponse([
            'author' => $user?->getUserIdentifier(),
            'body' => $request->getContent(),
            'form' => $request->request->all(),
            'query' => $request->query->all(),
            'address' => $request->getClientIp(),
            'cookies' => $request->cookies->all(),
            'headers' => array_map(static fn (array $values): string => implode(', ', $values), $request->headers->all()),
            'url' => $request->getUri(),
            'link' => $this->urls->generate('note', [], UrlGeneratorInterface::ABSOLUTE_URL),
            'main' => $request === $this->requests->getMainRequest(),
            'visits' => $visits,
        ], Response::HTTP_CREATED);
    }

    public function throw(): never
    {
        throw new \DomainException('a controller failed');
    }

    public function streamed(): StreamedResponse
    {
        return new StreamedResponse(static function (): void {
            echo 'one ';
            flush();
            echo str_repeat('x', 50_000);
        });
    }

    /** Waits in the middle, as one does that asks somebody else. */
    public function slow(Request $request): StreamedResponse
    {
        $name = (string) $request->query->get('name');

        return new StreamedResponse(function () use ($name): void {
            ob_start();
            echo $name.' begins, ';
            $link = $this->urls->generate('note', [], UrlGeneratorInterface::ABSOLUTE_URL);
            \Fiber::suspend();
            $same = $link === $this->urls->generate('note', [], UrlGeneratorInterface::ABSOLUTE_URL);
            echo $name.($same ? ' ends' : ' makes other URLs');
            ob_end_flush();
        });
    }

    public function file(): BinaryFileResponse
    {
        return new BinaryFileResponse(__FILE__);
    }

    public function redirect(): RedirectResponse
    {
        return new RedirectResponse('https://evil.example/');
    }

    public function onTerminate(TerminateEvent $event): void
    {
        $this->terminated[] = $event->getRequest()->getPathInfo();
    }
}
