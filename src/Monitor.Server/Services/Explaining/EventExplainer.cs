using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Answers Explain from the log, and from the archive where there is one.</summary>
internal sealed class EventExplainer(
    EventLog log, ArchivedQueries queries, AgentsReader agents, ProgramReader programs, MonitorServerOptions options)
{
    // The contract says so.
    private const int MaxSteps = 200;

    // Half of what fits in a response; the steps tell of the same events, and are shorter.
    private const int MaxEventBytes = ContractLimits.MaxResponseEventBytes / 2;

    /// <exception cref="Grpc.Core.RpcException">The request is bad, or there is no such event; it says why.</exception>
    public async Task<ExplainResponse> ExplainAsync(
        ExplainRequest request, RequestAccess access, CancellationToken cancellationToken)
    {
        if (!EventId.TryParse(request.EventId, out var epoch, out var sequence))
        {
            throw CallErrors.InvalidField("event_id", $"event_id: '{MessageText.Shorten(request.EventId)}' must be the id of an event: "
                + "16 hexadecimal digits, a hyphen and a number, for example 0123456789abcdef-42");
        }

        var scope = new EventFilter { K8SNamespace = { request.K8SNamespace } };
        await access.NarrowAsync(scope, cancellationToken);
        var encoded = await queries.FindAsync(epoch, sequence, scope, cancellationToken);
        if (encoded is null)
        {
            throw NotFound(request.EventId);
        }

        var subject = Event.Parser.ParseFrom(encoded);
        var search = new RelatedEvents(queries, scope.K8SNamespace);
        var story = new Story(subject, await search.FindAsync(subject, cancellationToken));
        var response = new ExplainResponse
        {
            Event = subject,
            Summary = Summary.Of(story),
            QueryTime = Timestamp.FromDateTimeOffset(options.Time.GetUtcNow()),
            OldestTime = log.GetStatistics().OldestTimeUnixNanos is { } oldest ? UnixNanos.ToTimestamp(oldest) : null,
        };
        AddSteps(response, story);
        response.OrderUncertainty = UncertaintyOf(response.Steps.Select(step => step.NodeName).Distinct().ToList());
        AddUnknown(response, search, scope);
        response.Unknown.AddRange(Gaps.OfEvents(story, log, agents.Directory is null, access.ShowsStatus ? NodesWithAgent() : null));
        if (access.ShowsStatus)
        {
            response.Unknown.AddRange(Gaps.OfPrograms(story, await programs.ReadAsync(cancellationToken)));
        }

        return response;
    }

    private Grpc.Core.RpcException NotFound(string id)
    {
        var oldest = log.GetStatistics().OldestTimeUnixNanos is { } time
            ? $"the log reaches back to {UnixNanos.ToTimestamp(time).ToString().Trim('"')}"
            : "the log is empty";
        // The same for an event that the reader may not read: it must not learn that there is one.
        return CallErrors.NotFound("event_id", $"event_id: '{id}' is not stored here: {oldest}, and events before have left it");
    }

    private static void AddSteps(ExplainResponse response, Story story)
    {
        var steps = story.Events.SelectMany(told => Sentences.Steps(told).Select(step => (step.Time, step.Text, Told: told)))
            .OrderBy(step => step.Time)
            .ToList();
        var start = steps[0].Time;
        var left = steps.Count - MaxSteps;
        if (left > 0)
        {
            // Beginning and end say more than the middle, which is segment after segment.
            steps.RemoveRange(MaxSteps / 2, left);
            response.Unknown.Add($"Left out: {Figures.Count(left, "step")} in the middle of the story.");
        }

        var bytes = 0;
        var ids = new HashSet<string>(StringComparer.Ordinal) { story.Subject.Id };
        foreach (var (time, text, told) in steps)
        {
            response.Steps.Add(new ExplainStep
            {
                Time = UnixNanos.ToTimestamp(time),
                Offset = DurationOf(time - start),
                NodeName = told.NodeName,
                EventId = told.Id,
                Text = text,
            });
            if (ids.Add(told.Id) && (bytes += told.CalculateSize()) <= MaxEventBytes)
            {
                response.RelatedEvents.Add(told);
            }
        }

        if (bytes > MaxEventBytes)
        {
            response.Unknown.Add("related_events has not all events of the steps: they do not fit in a response.");
        }
    }

    private static void AddUnknown(ExplainResponse response, RelatedEvents search, EventFilter scope)
    {
        if (search.IsOvertime)
        {
            response.Unknown.Add("The search for related events took too long and was ended before all were found.");
        }

        if (search.IsCut)
        {
            response.Unknown.Add("There are more related events than were looked at: the newest ones were.");
        }

        if (scope.K8SNamespace.Count > 0)
        {
            response.Unknown.Add($"Only events of the namespaces {string.Join(", ", scope.K8SNamespace.Select(Sentences.Shown))} were looked at.");
        }
    }

    private HashSet<string>? NodesWithAgent() => agents.Directory?.GetAgents().Select(agent => agent.NodeName).ToHashSet();

    // As much as the clocks of the nodes can disagree. Null where that is not known, or of no interest.
    private Duration? UncertaintyOf(List<string> nodes)
    {
        if (agents.Directory is not { } directory || nodes.Count < 2)
        {
            return null;
        }

        var clocks = nodes.Select(directory.ClockOf).ToList();
        return clocks.Any(clock => clock is null)
            ? null
            : Duration.FromTimeSpan(clocks.Max(clock => clock!.Value.Offset + clock.Value.Uncertainty)
                - clocks.Min(clock => clock!.Value.Offset - clock.Value.Uncertainty));
    }

    private static Duration DurationOf(long nanos) =>
        new() { Seconds = nanos / EventTimes.Second, Nanos = (int)(nanos % EventTimes.Second) };
}
