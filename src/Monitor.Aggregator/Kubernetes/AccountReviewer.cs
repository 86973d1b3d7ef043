using Monitor.Kubernetes.Access;
using Monitor.Server;

namespace Monitor.Aggregator.Kubernetes;

/// <summary>
/// Accounts of Kubernetes as readers. RBAC decides: the verb <c>list</c> on <c>events</c> of the group
/// <c>network-monitor</c>, for all namespaces or for one, and the verb <c>get</c> on its <c>status</c>.
/// </summary>
internal sealed class AccountReviewer(TokenReviews reviews) : ITokenReviewer
{
    private const string Group = "network-monitor";

    public async ValueTask<Reader?> ReviewAsync(string token, CancellationToken cancellationToken)
    {
        // Those of Kubernetes are JSON web tokens. What is not one needs no question.
        if (token.Count(c => c == '.') != 2)
        {
            return null;
        }

        try
        {
            if (await reviews.FindAsync(token, cancellationToken) is not { } account)
            {
                return null;
            }

            return new Reader
            {
                Name = account.Name,
                ReadsAllEvents = await reviews.IsAllowedAsync(account, "list", Group, "events", "", cancellationToken),
                ReadsStatus = await reviews.IsAllowedAsync(account, "get", Group, "status", "", cancellationToken),
                // Where it does not say which: its own.
                Namespaces = account.Namespace is { } own ? [own] : [],
                ReadsNamespace = async (name, ct) =>
                    IsNamespace(name) && await Asked(reviews.IsAllowedAsync(account, "list", Group, "events", name, ct)),
            };
        }
        catch (AccessQuestionException failure)
        {
            throw new TokenReviewException(failure.Message, failure);
        }
    }

    // What cannot be the name of one (RFC 1123, a label) needs no question. To the API server no name is all namespaces.
    internal static bool IsNamespace(string name) =>
        name.Length is > 0 and <= 63 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static async Task<bool> Asked(Task<bool> question)
    {
        try
        {
            return await question;
        }
        catch (AccessQuestionException failure)
        {
            throw new TokenReviewException(failure.Message, failure);
        }
    }
}
