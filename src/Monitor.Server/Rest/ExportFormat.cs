using Microsoft.AspNetCore.Http;

namespace Monitor.Server;

/// <summary>A format of exported events.</summary>
/// <param name="Name">As the parameter <c>format</c> has it, and the end of a file's name.</param>
/// <param name="MediaType">For the headers Accept and Content-Type.</param>
internal sealed record ExportFormat(string Name, string MediaType)
{
    public static ExportFormat Ndjson { get; } = new("ndjson", "application/x-ndjson");

    public static ExportFormat Parquet { get; } = new("parquet", "application/vnd.apache.parquet");

    /// <summary>All of them, the default first.</summary>
    public static IReadOnlyList<ExportFormat> All { get; } = [Ndjson, Parquet];

    /// <summary>The format of this name; null: there is none.</summary>
    public static ExportFormat? Find(string name) => All.FirstOrDefault(format => format.Name == name);

    /// <summary>The one that a request prefers by its header Accept. The default where it names none: most clients send a header
    /// that nobody has thought about.</summary>
    public static ExportFormat AcceptedBy(HttpRequest request) =>
        request.GetTypedHeaders().Accept
            .OrderByDescending(accepted => accepted.Quality ?? 1)
            .Where(accepted => accepted.Quality is not 0)
            .Select(accepted => All.FirstOrDefault(format => accepted.MediaType.Equals(format.MediaType, StringComparison.OrdinalIgnoreCase)))
            .OfType<ExportFormat>()
            .FirstOrDefault(Ndjson);
}
