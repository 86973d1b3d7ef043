using Monitor.Events;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Refuses conditions on fields that no monitor has, and on values that a field cannot have.</summary>
internal sealed class FieldChecker(IProgramDirectory programs)
{
    // More names than that help nobody.
    private const int MaxNamed = 20;

    /// <summary>Checks the conditions of a filter; costs nothing where it has none.</summary>
    /// <exception cref="Grpc.Core.RpcException">One of them can match no event; it says why.</exception>
    public async ValueTask CheckAsync(EventFilter filter, CancellationToken cancellationToken)
    {
        if (filter.Field.Count == 0)
        {
            return;
        }

        try
        {
            var conditions = FieldCondition.Read(filter.Field);
            var all = await programs.GetProgramsAsync(cancellationToken);
            var asked = all.Where(program => program.Schema is not null && (filter.Type.Count == 0 || filter.Type.Contains(program.Name)))
                .ToList();
            foreach (var condition in conditions)
            {
                Check(condition, asked, filter);
            }
        }
        catch (FilterException bad)
        {
            throw CallErrors.InvalidField(bad);
        }
    }

    private static void Check(FieldCondition condition, List<Program> asked, EventFilter filter)
    {
        if (asked.Count == 0)
        {
            throw Refusal(condition, filter.Type.Count == 0
                ? "asks for a field, and no monitor with fields of its own runs; GET /api/monitors lists the monitors."
                : $"asks for a field, and no monitor of the type {string.Join(" or ", filter.Type)} with fields of its own runs; "
                + "GET /api/monitors lists the monitors.");
        }

        var found = asked.SelectMany(program => program.Schema.Fields).Where(field => field.Name == condition.Name).ToList();
        if (found.Count == 0)
        {
            var names = asked.SelectMany(program => program.Schema.Fields).Where(field => !field.Common).Select(field => field.Name)
                .Distinct().ToList();
            var more = names.Count > MaxNamed ? $" and {names.Count - MaxNamed} more" : "";
            throw Refusal(condition, names.Count == 0
                ? "asks for a field, and these monitors have none of their own."
                : $"must be about one of the fields {string.Join(", ", names.Take(MaxNamed))}{more}.");
        }

        if (found.TrueForAll(field => field.Common))
        {
            throw Refusal(condition, $"asks for what every event has: filter with {condition.Name}={condition.Value} and not with field.");
        }

        if (!found.Exists(field => Problem(condition, field) is null))
        {
            throw Refusal(condition, Problem(condition, found[0])!);
        }
    }

    /// <summary>Why a condition can hold for no value of a field; null where it can.</summary>
    internal static string? Problem(FieldCondition condition, MonitorField field)
    {
        var (fits, accepted) = field.Kind switch
        {
            "integer" or "number" or "port" => (condition.HasNumber, "a whole number"),
            "duration" => (condition.HasDuration, "a duration such as 250us, 1.5ms or 2s, or a number of nanoseconds"),
            "time" => (condition.HasTime, "a time such as 2030-01-31T12:00:00Z"),
            "flag" => (condition.HasFlag && condition.IsEquality, "true or false, with = or !="),
            "enum" => (
                condition.IsEquality && (condition.IsPrefix || field.Values.Count == 0 || field.Values.Contains(condition.Value)),
                $"one of {string.Join(", ", field.Values.Take(MaxNamed))}, with = or !="),
            _ => (condition.IsEquality, "a text, with = or !="),
        };
        return fits ? null : $"must compare {field.Name}, of the kind {field.Kind}, with {accepted}.";
    }

    private static FilterException Refusal(FieldCondition condition, string accepted) =>
        new("field", $"{condition.Name}{condition.Operator}{condition.Value}", accepted);
}
