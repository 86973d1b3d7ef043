namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Templates;

/// <summary>One segment of a path template.</summary>
/// <param name="Kind">What it matches.</param>
/// <param name="Text">The literal, or <c>*</c> or <c>**</c>.</param>
internal readonly record struct TemplateSegment(SegmentKind Kind, string Text);

/// <summary>A field that segments of the path give the value of.</summary>
/// <param name="FieldPath">Names of the .proto file, joined by dots: <c>book.name</c>.</param>
/// <param name="Start">First segment that belongs to the value.</param>
/// <param name="End">The segment behind the last.</param>
internal sealed record TemplateVariable(string FieldPath, int Start, int End);

/// <summary>The path of a google.api.http rule, parsed: <c>/v1/{name=shelves/*/books/*}:archive</c>.</summary>
/// <param name="Text">The path as the rule has it.</param>
/// <param name="Segments">All segments, those inside variables included. At most one is <c>**</c>.</param>
/// <param name="Variables">In order of their segments.</param>
/// <param name="Verb">What follows the last colon; null where there is none.</param>
internal sealed record PathTemplate(
    string Text, IReadOnlyList<TemplateSegment> Segments, IReadOnlyList<TemplateVariable> Variables, string? Verb)
{
    /// <summary>Index of the <c>**</c> segment, or -1.</summary>
    public int RestIndex { get; } = Segments.ToList().FindIndex(s => s.Kind == SegmentKind.Rest);

    /// <summary>Parses the path of a rule.</summary>
    /// <exception cref="FormatException">The path does not follow the grammar of google/api/http.proto.</exception>
    public static PathTemplate Parse(string text) => new PathTemplateParser(text).Parse();
}
