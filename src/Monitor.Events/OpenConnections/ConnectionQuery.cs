using System.Globalization;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>A page of open connections that is asked for. Immutable.</summary>
public sealed class ConnectionQuery
{
    private ConnectionQuery(ConnectionFilter filter, int limit, ConnectionPosition? after)
    {
        Filter = filter;
        Limit = limit;
        After = after;
    }

    /// <summary>Which connections.</summary>
    public ConnectionFilter Filter { get; }

    /// <summary>At most this many, 1 to <see cref="ContractLimits.MaxListLimit"/>.</summary>
    public int Limit { get; }

    /// <summary>Where the page before ended; null for the first.</summary>
    public ConnectionPosition? After { get; }

    /// <summary>Checks what was asked for.</summary>
    /// <param name="filter">The filter, narrowed to what the reader may read.</param>
    /// <param name="states">The states; none for the default.</param>
    /// <param name="limit">0 for the default.</param>
    /// <param name="pageToken">Empty for the first page.</param>
    /// <exception cref="FilterException">A value is not accepted.</exception>
    public static ConnectionQuery Compile(EventFilter filter, IReadOnlyList<string> states, int limit, string pageToken)
    {
        var compiled = ConnectionFilter.Compile(filter, states);
        if (limit is < 0 or > ContractLimits.MaxListLimit)
        {
            throw new FilterException(
                "limit", limit.ToString(CultureInfo.InvariantCulture), $"must be 1 to {ContractLimits.MaxListLimit}.");
        }

        return new ConnectionQuery(
            compiled,
            limit == 0 ? ContractLimits.DefaultListLimit : limit,
            pageToken.Length == 0 ? null : Position(pageToken, compiled));
    }

    /// <summary>What asks an agent for a page.</summary>
    /// <param name="filter">Which connections.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="after">Where the page before ended; null for the first.</param>
    public static ListOpenConnectionsRequest Request(ConnectionFilter filter, int limit, ConnectionPosition? after)
    {
        var wanted = filter.Canonical;
        return new ListOpenConnectionsRequest
        {
            Pid = { wanted.Pid },
            Command = { wanted.Command },
            K8SNodeName = { wanted.K8SNodeName },
            K8SPodName = { wanted.K8SPodName },
            K8SNamespace = { wanted.K8SNamespace },
            NodeName = { wanted.NodeName },
            SourceIp = { wanted.SourceIp },
            DestinationIp = { wanted.DestinationIp },
            SourcePort = { wanted.SourcePort },
            DestinationPort = { wanted.DestinationPort },
            Protocol = { wanted.Protocol },
            K8SWorkloadName = { wanted.K8SWorkloadName },
            PeerPodName = { wanted.PeerPodName },
            PeerNamespace = { wanted.PeerNamespace },
            PeerWorkloadName = { wanted.PeerWorkloadName },
            PeerServiceName = { wanted.PeerServiceName },
            PeerNodeName = { wanted.PeerNodeName },
            State = { filter.States },
            Limit = limit,
            PageToken = after is { } position ? new ConnectionPageToken(filter.Fingerprint, position).ToString() : "",
        };
    }

    /// <summary>The token that goes on behind a connection.</summary>
    public string TokenAfter(ConnectionPosition last) => new ConnectionPageToken(Filter.Fingerprint, last).ToString();

    private static ConnectionPosition Position(string text, ConnectionFilter filter)
    {
        if (!ConnectionPageToken.TryParse(text, out var token))
        {
            throw new PageTokenException(PageTokenError.Garbage, text);
        }

        return token.Filter == filter.Fingerprint ? token.After : throw new PageTokenException(PageTokenError.OtherFilter, text);
    }
}
