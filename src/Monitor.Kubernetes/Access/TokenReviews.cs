using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using k8s;
using k8s.Models;
using Monitor.Kubernetes.Watching;

namespace Monitor.Kubernetes.Access;

/// <summary>
/// Asks the API server whose a token is and what its account may do. What it said counts for a while: a right that is taken
/// away ends after at most <see cref="GoodFor"/>. Bounded. Any thread.
/// </summary>
public sealed class TokenReviews(ApiConnection connection, TimeProvider time)
{
    /// <summary>How long an answer counts.</summary>
    public static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(30);

    private const int MaxAnswers = 4096;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, (object? Value, long At)> _answers = new();

    /// <summary>Whose a token is.</summary>
    /// <param name="token">Anything.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>Null: it is not valid.</returns>
    /// <exception cref="AccessQuestionException">The API server cannot say now.</exception>
    public Task<Account?> FindAsync(string token, CancellationToken cancellationToken) =>
        // Kept by their hash: tokens stay out of this program's memory.
        CachedAsync<Account?>(
            $"token {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}",
            () => ReviewAsync(token, cancellationToken));

    /// <summary>Whether an account may do something.</summary>
    /// <param name="account">Of <see cref="FindAsync"/>.</param>
    /// <param name="verb">For example list.</param>
    /// <param name="group">Of the resource.</param>
    /// <param name="resource">Plural.</param>
    /// <param name="name">One namespace; empty for all of them.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <exception cref="AccessQuestionException">The API server cannot say now.</exception>
    public Task<bool> IsAllowedAsync(
        Account account, string verb, string group, string resource, string name, CancellationToken cancellationToken) =>
        CachedAsync(
            $"{account.Id} {account.Name} {verb} {group} {resource} {name}",
            () => MayAsync(account, new V1ResourceAttributes
            {
                Verb = verb,
                Group = group,
                Resource = resource,
                NamespaceProperty = name,
            }, cancellationToken));

    /// <summary>Reads the answer to a review of a token.</summary>
    /// <returns>Null: it is not valid.</returns>
    /// <exception cref="JsonException">It is not a review.</exception>
    internal static Account? ReadAccount(string json) =>
        Read<V1TokenReview>(json).Status is { Authenticated: true, User: { Username.Length: > 0 } user }
            ? new Account(user.Username, user.Uid ?? "", [.. user.Groups ?? []], user.Extra?.ToDictionary() ?? [])
            : null;

    /// <summary>Reads the answer to a review of a right.</summary>
    /// <exception cref="JsonException">It is not a review.</exception>
    internal static bool ReadPermission(string json) => Read<V1SubjectAccessReview>(json).Status is { Allowed: true, Denied: not true };

    private static T Read<T>(string json)
        where T : class
    {
        try
        {
            return KubernetesJson.Deserialize<T>(json) ?? throw new JsonException($"it is not a {typeof(T).Name} but null");
        }
        catch (Exception failure) when (failure is not (JsonException or OutOfMemoryException))
        {
            // The library lets through what its converters throw, such as FormatException of a time.
            throw new JsonException($"it is not a {typeof(T).Name}: {failure.Message}", failure);
        }
    }

    private async Task<Account?> ReviewAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length == 0)
        {
            // The API server calls that a bad request.
            return null;
        }

        return await AskAsync(
            new V1TokenReview
            {
                ApiVersion = "authentication.k8s.io/v1",
                Kind = "TokenReview",
                Spec = new V1TokenReviewSpec { Token = token },
            },
            "tokenreviews",
            "apis/authentication.k8s.io/v1/tokenreviews",
            ReadAccount,
            cancellationToken);
    }

    private async Task<bool> MayAsync(Account account, V1ResourceAttributes attributes, CancellationToken cancellationToken)
    {
        return await AskAsync(
            new V1SubjectAccessReview
            {
                ApiVersion = "authorization.k8s.io/v1",
                Kind = "SubjectAccessReview",
                Spec = new V1SubjectAccessReviewSpec
                {
                    User = account.Name,
                    Uid = account.Id,
                    Groups = [.. account.Groups],
                    Extra = account.Extra.ToDictionary(),
                    ResourceAttributes = attributes,
                },
            },
            "subjectaccessreviews",
            "apis/authorization.k8s.io/v1/subjectaccessreviews",
            ReadPermission,
            cancellationToken);
    }

    private async Task<TAnswer> AskAsync<TQuestion, TAnswer>(
        TQuestion question, string resource, string path, Func<string, TAnswer> read, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(Patience);
        try
        {
            using var response = await connection.PostAsync(KubernetesJson.Serialize(question), resource, path, limited.Token);
            return read(await response.Content.ReadAsStringAsync(limited.Token));
        }
        catch (ApiException refused) when (refused.Status == HttpStatusCode.Unauthorized)
        {
            // Its own credentials, which may have changed on disk.
            connection.Renew();
            throw new AccessQuestionException(refused.Message, refused);
        }
        catch (Exception failure) when (failure is ApiException or HttpRequestException or JsonException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new AccessQuestionException($"the API server does not say who this is: {failure.Message}", failure);
        }
    }

    private async Task<T> CachedAsync<T>(string key, Func<Task<T>> ask)
    {
        if (_answers.TryGetValue(key, out var known) && time.GetElapsedTime(known.At) < GoodFor)
        {
            return (T)known.Value!;
        }

        var answer = await ask();
        if (_answers.Count >= MaxAnswers)
        {
            // Rather asked again than grown.
            _answers.Clear();
        }

        _answers[key] = (answer, time.GetTimestamp());
        return answer;
    }
}
