using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Answers ListFlows from the log, and from the archive where there is one.</summary>
internal sealed class FlowLister(ArchivedQueries archived, AgentsReader agents)
{
    /// <exception cref="Grpc.Core.RpcException">The request is bad; it says why.</exception>
    public async Task<ListFlowsResponse> ListAsync(
        ListFlowsRequest request, RequestAccess access, CancellationToken cancellationToken)
    {
        var filter = request.ToEventFilter();
        var seconds = ReadSeconds(request);
        var query = new FlowQuery
        {
            Filter = filter,
            DurationSeconds = seconds,
            GroupBy = Read<FlowGrouping>("group_by", request.GroupBy),
            SortBy = Read<FlowOrder>("sort_by", request.SortBy),
            Limit = request.Limit,
            PageToken = request.PageToken,
            Cancellation = cancellationToken,
            ClockOf = agents.Directory is { } directory
                ? node => directory.ClockOf(node) is { } clock ? (clock.Offset, clock.Uncertainty) : null
                : static _ => (default, default),
        };
        await access.NarrowAsync(filter, cancellationToken);
        var result = await archived.SumFlowsAsync(query, cancellationToken);
        var response = new ListFlowsResponse
        {
            Count = result.Flows.Count,
            TotalCount = result.TotalCount,
            Other = result.Other,
            OtherCount = result.OtherCount,
            UncertainConnections = result.Uncertain,
            OtherDrops = result.OtherDrops,
            Filters = result.Filter,
            QueryTime = Timestamp.FromDateTimeOffset(result.QueryTime),
            OldestTime = result.OldestTimeUnixNanos is { } oldest ? UnixNanos.ToTimestamp(oldest) : null,
            NextPageToken = result.NextPageToken,
        };
        response.Flows.AddRange(result.Flows);
        return response;
    }

    private static int ReadSeconds(ListFlowsRequest request)
    {
        var hasTimes = request.Since is not null || request.Until is not null;
        var requested = request.DurationSeconds;
        if (requested != 0 && hasTimes)
        {
            throw CallErrors.InvalidField(
                "duration_seconds",
                string.Create(
                    CultureInfo.InvariantCulture, $"duration_seconds: '{requested}' must be left out where since or until is given."));
        }

        return requested switch
        {
            0 => hasTimes ? 0 : ContractLimits.DefaultSummarySeconds,
            >= 1 and <= ContractLimits.MaxSummarySeconds => requested,
            _ => throw CallErrors.InvalidField(
                "duration_seconds",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"duration_seconds: '{requested}' must be 1 to {ContractLimits.MaxSummarySeconds}, or 0 for {ContractLimits.DefaultSummarySeconds}.")),
        };
    }

    // The first value is what an unset field means.
    private static T Read<T>(string field, string text)
        where T : struct, System.Enum
    {
        var names = System.Enum.GetNames<T>();
        var index = text.Length == 0 ? 0 : Array.FindIndex(names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        return index >= 0
            ? System.Enum.Parse<T>(names[index])
            : throw CallErrors.InvalidField(
                field, $"{field}: '{MessageText.Shorten(text)}' must be one of: {string.Join(", ", names).ToLowerInvariant()}.");
    }
}
