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

    private readonly ProvenTokens _proven = new();

    /// <summary>Finds the reader.</summary>
    public async ValueTask<Authentication> AuthenticateAsync(HttpContext context)
    {
        if (context.Connection.ClientCertificate is not null)
        {
            // It was checked when the connection was made.
            return ByCertificate(context);
        }

        string? authorization = context.Request.Headers[HeaderNames.Authorization];
        if (string.IsNullOrEmpty(authorization))
        {
            return new(null, "it sent no credential");
        }

        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || authorization.Length > MaxTokenLength)
        {
            return new(null, "its authorization is not a bearer token");
        }

        var token = authorization[Scheme.Length..].Trim();
        var client = LimitedClient.Of(context);
        if (client.Guesses.IsEmpty && !_proven.Contains(client.Address, token))
        {
            return new(null, "it has sent too many wrong tokens", IsThrottled: true);
        }

        return await ByTokenAsync(token, client, context.RequestAborted);
    }

    /// <summary>Looks again, for a stream that has been open for a while: a token may have been revoked, an authority taken
    /// out. A certificate that has expired meanwhile does not end what it began.</summary>
    /// <param name="context">The request that opened the stream.</param>
    /// <param name="reader">Who opened it.</param>
    /// <param name="since">When.</param>
    /// <returns>Whether the credential is still that of a reader who reads what <paramref name="reader"/> did.</returns>
    public async ValueTask<bool> IsStillValidAsync(HttpContext context, Reader reader, DateTimeOffset since)
    {
        if (context.Connection.ClientCertificate is { } certificate)
        {
            return tls?.ProblemOfClient(certificate, TlsListener.SentBeside(context), since) is null && IsAsGood(ByCertificate(context).Reader, reader);
        }

        var now = await AuthenticateAsync(context);
        // While nobody can say, or somebody else guesses, what was said last counts.
        return now.IsUnavailable || now.IsThrottled || IsAsGood(now.Reader, reader);
    }

    private static bool IsAsGood(Reader? now, Reader before) =>
        now is not null && now.Name == before.Name && now.ReadsAllEvents == before.ReadsAllEvents
        && now.Namespaces.SequenceEqual(before.Namespaces);

    private Authentication ByCertificate(HttpContext context)
    {
        var names = CertificateAuthority.NamesOf(context.Connection.ClientCertificate!);
        if (options.AggregatorName is { } aggregator && names.Contains(aggregator, StringComparer.OrdinalIgnoreCase))
        {
            return new(new Reader { Name = aggregator, ReadsStatus = true, ReadsAllEvents = true }, null);
        }

        return file?.Value.FindByCertificate(names) is { } reader
            ? new(reader, null)
            : new(null, $"its certificate is of {TlsIdentity.Shown(names)}, which is not a reader's");
    }

    private async ValueTask<Authentication> ByTokenAsync(string token, LimitedClient client, CancellationToken cancellationToken)
    {
        try
        {
            var reader = file?.Value.FindByToken(token)
                ?? (reviewer is null ? null : await reviewer.ReviewAsync(token, cancellationToken));
            if (reader is null)
            {
                client.Guesses.TryTake();
                return new(null, "its token is not a reader's, or not any more");
            }

            _proven.Add(client.Address, token);
            return new(reader, null);
        }
        catch (TokenReviewException failure)
        {
            return new(null, failure.Message, IsUnavailable: true);
        }
    }
}
