using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>What the reader of one request may read.</summary>
internal sealed class RequestAccess(Reader reader, Authenticator? authenticator, HttpContext context, Refusals refusals)
{
    // Each may be a question to the API server.
    private const int MaxNamespaces = 32;

    // What a stream that is open was allowed by questions about single namespaces.
    private IReadOnlyList<string> _granted = [];

    /// <summary>Whether only namespaces are read. What is about the whole cluster, counts above all, is then left out.</summary>
    public bool IsScoped => !reader.ReadsAllEvents;

    /// <summary>Whether a credential opened the request, which may stop to hold.</summary>
    public bool CanEnd => authenticator is not null;

    /// <summary>Whether what the user's own monitors report is described to the reader. It is not to an account of Kubernetes that may
    /// read some namespaces, or none, which is known only once it names one.</summary>
    public bool SeesMonitors =>
        reader.ReadsAllEvents || reader.ReadsStatus || (reader.Namespaces.Count > 0 && reader.ReadsNamespace is null);

    /// <summary>Whether programs, agents and the parts of health are shown.</summary>
    public bool ShowsStatus => reader.ReadsStatus;

    /// <summary>That of a request, which has one once it has passed <see cref="AccessGuard"/>.</summary>
    public static RequestAccess Of(HttpContext context) => context.Features.GetRequiredFeature<RequestAccess>();

    /// <summary>Refuses a reader that may not read events, of its namespaces where it has some.</summary>
    /// <exception cref="RpcException">It may not, or it is not known.</exception>
    public async ValueTask RequireEventsAsync(CancellationToken cancellationToken)
    {
        // An account of Kubernetes has its own namespace here, whether it may read there or not.
        foreach (var name in reader.ReadsAllEvents ? [] : reader.Namespaces)
        {
            if (await MayReadAsync(name, cancellationToken))
            {
                return;
            }
        }

        if (!reader.ReadsAllEvents)
        {
            throw Denied("your credential does not allow asking for programs; a stream of the namespaces that you may read does");
        }
    }

    /// <summary>Restricts a filter to what the reader may read.</summary>
    /// <exception cref="RpcException">It asks for more; it says what.</exception>
    public async ValueTask NarrowAsync(EventFilter filter, CancellationToken cancellationToken)
    {
        if (reader.ReadsAllEvents)
        {
            return;
        }

        if (filter.K8SNamespace.Count == 0)
        {
            filter.K8SNamespace.AddRange(reader.Namespaces);
        }

        if (filter.K8SNamespace.Count is 0 or > MaxNamespaces)
        {
            throw Denied($"name the namespaces that you may read with k8s_namespace, at most {MaxNamespaces}");
        }

        foreach (var name in filter.K8SNamespace)
        {
            if (!await MayReadAsync(name, cancellationToken))
            {
                throw Denied($"k8s_namespace: '{MessageText.Shorten(name)}' is not one whose events you may read");
            }
        }

        _granted = [.. filter.K8SNamespace];
    }

    /// <summary>Whether the credential still holds, and still allows what the request was allowed; asked now and then while a
    /// stream is open. While nobody can say, what was said last counts.</summary>
    public async ValueTask<bool> IsStillValidAsync()
    {
        if (authenticator is null)
        {
            return true;
        }

        var now = await authenticator.FindAgainAsync(context, reader);
        if (now.Reader is not { } again)
        {
            return now.IsUnavailable;
        }

        foreach (var name in _granted)
        {
            try
            {
                if (!await again.ReadsEventsOfAsync(name, context.RequestAborted))
                {
                    return false;
                }
            }
            catch (TokenReviewException)
            {
                // The API server cannot say now.
            }
        }

        return true;
    }

    /// <summary>The reader may not have what it asks for.</summary>
    public RpcException Denied(string message)
    {
        refusals.CountForbidden(LimitedClient.Of(context), $"{reader.Name}: {message}");
        return new RpcException(new Grpc.Core.Status(StatusCode.PermissionDenied, message));
    }

    /// <summary>The credential does not hold any more.</summary>
    public RpcException Ended()
    {
        refusals.CountUnauthenticated(
            LimitedClient.Of(context), $"{reader.Name}: what opened its stream is not valid any more");
        return new RpcException(new Grpc.Core.Status(
            StatusCode.Unauthenticated, "the credential that opened this stream is not valid any more; resume with another and the last resume_token"));
    }

    private async ValueTask<bool> MayReadAsync(string name, CancellationToken cancellationToken)
    {
        var client = LimitedClient.Of(context);
        if (authenticator?.MayAsk(client, reader, name) == false)
        {
            throw new RpcException(new Grpc.Core.Status(
                StatusCode.ResourceExhausted, "k8s_namespace: too many that you may not read; wait"));
        }

        try
        {
            var isAllowed = await reader.ReadsEventsOfAsync(name, cancellationToken);
            authenticator?.Learn(client, reader, name, isAllowed);
            return isAllowed;
        }
        catch (TokenReviewException)
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "rights cannot be checked now; try again"));
        }
    }
}
