using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Monitor.Server;

/// <summary>Finds the reader who sends a request: by the certificate of its connection, or else by its bearer token.</summary>
internal sealed class Authenticator(
    AccessOptions options,
    TlsIdentity? tls,
    WatchedFiles<ReadersFile>? file,
    ITokenReviewer? reviewer)
{
    // Those of Kubernetes have about 1 KiB.
    private const int MaxTokenLength = 16 << 10;

    private const string Scheme = "Bearer ";

    private static readonly Authentication Nobody = new(null, "its token is not a reader's, or not any more");

    private readonly ProvenTokens _proven = new();
    private readonly ConcurrentDictionary<(IPAddress Client, string Hash), Task<Authentication>> _asked = new();

    /// <summary>Finds the reader.</summary>
    public async ValueTask<Authentication> AuthenticateAsync(HttpContext context)
    {
        if (context.Connection.ClientCertificate is not null)
        {
            return ByCertificate(context);
        }

        if (!TryGetToken(context, out var token, out var problem))
        {
            return new(null, problem);
        }

        var client = LimitedClient.Of(context);
        if (client.Guesses.IsEmpty && !_proven.Contains(client.Address, token))
        {
            return new(null, "it has sent too many wrong tokens", IsThrottled: true);
        }

        if (file?.Value.FindByToken(token) is { } reader)
        {
            _proven.Add(client.Address, token);
            return new(reader, null);
        }

        if (reviewer is not null)
        {
            return await AskAsync(client, token, context.RequestAborted);
        }

        client.Guesses.TryTake();
        return Nobody;
    }

    // A question to the API server takes a while. A guess is taken before it, or a client that guesses many at once would have all of
    // them asked; and one that sends many calls with one new token has it asked once.
    private async Task<Authentication> AskAsync(LimitedClient client, string token, CancellationToken cancellationToken)
    {
        var key = (client.Address, ReadersFile.HashOf(token));
        var own = new TaskCompletionSource<Authentication>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = _asked.GetOrAdd(key, own.Task);
        if (asked != own.Task)
        {
            return await asked.WaitAsync(cancellationToken);
        }

        var found = new Authentication(null, "it has sent too many wrong tokens", IsThrottled: true);
        try
        {
            var isProven = _proven.Contains(client.Address, token);
            if (isProven || client.Guesses.TryTake())
            {
                // Others may wait for the answer when this client has left.
                found = await ByTokenAsync(token, CancellationToken.None);
                if (found.Reader is not null)
                {
                    _proven.Add(client.Address, token);
                }

                if (found.Reader is not null || found.IsUnavailable)
                {
                    if (!isProven)
                    {
                        client.Guesses.GiveBack();
                    }
                }
                else if (isProven)
                {
                    client.Guesses.TryTake();
                }
            }

            return found;
        }
        finally
        {
            _asked.TryRemove(key, out _);
            own.SetResult(found);
        }
    }

    /// <summary>Looks again, for a stream that has been open for a while: a token may have been revoked, an authority taken
    /// out. Never throttled: guessing would keep the stream open of a token that is no good any more.</summary>
    /// <param name="context">The request that opened the stream.</param>
    /// <param name="before">Who opened it.</param>
    /// <returns>Whose it is now. Null where that is somebody else, or reads less than before.</returns>
    public async ValueTask<Authentication> FindAgainAsync(HttpContext context, Reader before)
    {
        var now = context.Connection.ClientCertificate is not null ? ByCertificate(context)
            : TryGetToken(context, out var token, out var problem) ? await ByTokenAsync(token, context.RequestAborted)
            : new(null, problem);
        return now.Reader is { } reader && !IsAsGood(reader, before) ? new(null, "it reads less than before") : now;
    }

    /// <summary>Whether a reader may ask about a namespace. Each answer may cost the API server a question, so who asks about
    /// many that it may not read is slowed down as who guesses tokens is.</summary>
    public bool MayAsk(LimitedClient client, Reader reader, string name) =>
        reader.ReadsNamespace is null || !client.Guesses.IsEmpty || _proven.Contains(client.Address, Question(reader, name));

    /// <summary>Remembers the answer for <see cref="MayAsk"/>.</summary>
    public void Learn(LimitedClient client, Reader reader, string name, bool isAllowed)
    {
        if (reader.ReadsNamespace is null)
        {
            return;
        }

        if (isAllowed)
        {
            _proven.Add(client.Address, Question(reader, name));
        }
        else
        {
            client.Guesses.TryTake();
        }
    }

    // No token has a line break: headers cannot.
    private static string Question(Reader reader, string name) => $"{reader.Name}\n{name}";

    private static bool TryGetToken(HttpContext context, out string token, out string? problem)
    {
        token = "";
        string? authorization = context.Request.Headers[HeaderNames.Authorization];
        problem = string.IsNullOrEmpty(authorization) ? "it sent no credential"
            : !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || authorization.Length > MaxTokenLength
            ? "its authorization is not a bearer token"
            : null;
        if (problem is null)
        {
            token = authorization![Scheme.Length..].Trim();
        }

        return problem is null;
    }

    private static bool IsAsGood(Reader now, Reader before) =>
        now.Name == before.Name && now.ReadsAllEvents == before.ReadsAllEvents && (now.ReadsStatus || !before.ReadsStatus)
        && now.Namespaces.SequenceEqual(before.Namespaces);

    private Authentication ByCertificate(HttpContext context)
    {
        // Each time: a connection outlives the authority that vouched for it.
        if (tls is null || TlsListener.ShownBy(context) is not { } shown || tls.ProblemOfClient(shown) is { Length: > 0 })
        {
            return new(null, "no authority vouches for its certificate any more");
        }

        var names = CertificateAuthority.NamesOf(context.Connection.ClientCertificate!);
        if (options.AggregatorName is { } aggregator && names.Contains(aggregator, StringComparer.OrdinalIgnoreCase))
        {
            return new(new Reader { Name = aggregator, ReadsStatus = true, ReadsAllEvents = true }, null);
        }

        return file?.Value.FindByCertificate(names) is { } reader
            ? new(reader, null)
            : new(null, $"its certificate is of {TlsIdentity.Shown(names)}, which is not a reader's");
    }

    private async ValueTask<Authentication> ByTokenAsync(string token, CancellationToken cancellationToken)
    {
        try
        {
            var reader = file?.Value.FindByToken(token)
                ?? (reviewer is null ? null : await reviewer.ReviewAsync(token, cancellationToken));
            return reader is null ? Nobody : new(reader, null);
        }
        catch (TokenReviewException failure)
        {
            return new(null, failure.Message, IsUnavailable: true);
        }
    }
}
