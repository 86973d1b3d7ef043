using System.Text.Json.Nodes;
using Monitor.Server.Tests.Support;

namespace Monitor.Server.Tests.Exporting;

/// <summary>An export, saved to a file that is deleted with it.</summary>
internal sealed class ExportedFile : IDisposable
{
    private ExportedFile(string path) => FullName = path;

    public string FullName { get; }

    /// <summary>Asks for an export and saves it.</summary>
    public static async Task<ExportedFile> SaveAsync(HttpClient http, string format, string query = "")
    {
        var file = new ExportedFile(Path.Combine(Path.GetTempPath(), $"export-{Guid.NewGuid():N}.{format}"));
        using var response = await http.GetAsync(
            new Uri($"/api/events/export?format={format}{query}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        if (!response.IsSuccessStatusCode)
        {
            Assert.Fail(await response.Content.ReadAsStringAsync());
        }

        await using var output = File.Create(file.FullName);
        await response.Content.CopyToAsync(output);
        return file;
    }

    /// <summary>The lines of one that is NDJSON.</summary>
    public IEnumerable<JsonObject> Lines() => File.ReadLines(FullName).Select(line => JsonNode.Parse(line)!.AsObject());

    /// <summary>The events of one that is NDJSON.</summary>
    public IEnumerable<JsonObject> Events() => Lines().Where(line => !line.ContainsKey("loss"));

    /// <summary>All events that /api/events lists, oldest first.</summary>
    public static async Task<List<JsonObject>> ListAsync(TestServer server, string query = "")
    {
        var events = new List<JsonObject>();
        var token = "";
        do
        {
            var page = JsonNode.Parse(await server.Http.GetStringAsync(
                new Uri($"/api/events?limit=10000{query}&page_token={Uri.EscapeDataString(token)}", UriKind.Relative)))!;
            events.AddRange(page["events"]!.AsArray().Select(one => one!.AsObject()));
            token = page["next_page_token"]!.GetValue<string>();
        }
        while (token.Length > 0);
        events.Reverse();
        return events;
    }

    public void Dispose() => File.Delete(FullName);
}
