using System.Text.Json.Nodes;

namespace Monitor.Server;

/// <summary>What a .proto file says about a field in words only. Null: nothing.</summary>
internal sealed record FieldFacts
{
    /// <summary>The value that stands for an unset field.</summary>
    public JsonNode? Default { get; init; }

    /// <summary>Least value; of a list, of each of its values.</summary>
    public int? Minimum { get; init; }

    /// <summary>Greatest value; of a list, of each of its values.</summary>
    public int? Maximum { get; init; }

    /// <summary>Most characters of a text; of a list, of each of its values.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Most values of a list.</summary>
    public int? MaxItems { get; init; }

    /// <summary>A value that makes sense; of a list, one of its values.</summary>
    public JsonNode? Example { get; init; }
}
