using System.Collections.Concurrent;

namespace Monitor.Server.Tests.Access;

/// <summary>Stands for Kubernetes: every token is an account's, whose rights the test sets, in the namespaces that it grants.</summary>
internal sealed class TestReviewer : ITokenReviewer
{
    private int _questions;
    private int _reviews;

    /// <summary>Namespaces that accounts may read.</summary>
    public ConcurrentDictionary<string, bool> Granted { get; } = new();

    /// <summary>Tokens that are not valid any more.</summary>
    public ConcurrentDictionary<string, bool> Revoked { get; } = new();

    public bool ReadsStatus { get; set; } = true;

    /// <summary>That of the accounts, in which they may read only where it is granted.</summary>
    public const string OwnNamespace = "own";

    /// <summary>Whether nobody can say.</summary>
    public bool IsOutOfReach { get; set; }

    /// <summary>What an answer waits for.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    /// <summary>How often it was asked about a token.</summary>
    public int Reviews => _reviews;

    /// <summary>How often it was asked about a namespace.</summary>
    public int Questions => _questions;

    public async ValueTask<Reader?> ReviewAsync(string token, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reviews);
        await Ready;
        return IsOutOfReach ? throw new TokenReviewException("out of reach")
            : Revoked.ContainsKey(token) ? null
            : new Reader
            {
                Name = "account",
                ReadsStatus = ReadsStatus,
                Namespaces = [OwnNamespace],
                ReadsNamespace = (name, _) =>
                {
                    Interlocked.Increment(ref _questions);
                    return new(Granted.ContainsKey(name));
                },
            };
    }
}
