using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Monitor.ClickHouse.Tests;

/// <summary>chDB, an engine of today, behind the HTTP server of <c>engines/chdb.js</c>; with the tables that users make.</summary>
internal sealed partial class CurrentEngine : Engine
{
    private static readonly string Module = Path.Combine(RepositoryRoot(), "artifacts", "tools", "node_modules", "chdb");

    private readonly (string Certificate, string Key)? _tls;

    private CurrentEngine((string Certificate, string Key)? tls)
        : base(tls is null ? "http" : "https") => _tls = tls;

    public override ServerDialect Dialect => ServerDialect.Current;

    /// <summary>Starts one with empty tables; skips the test where there is none.</summary>
    /// <param name="tls">Certificate and key in PEM; null for clear text.</param>
    public static async Task<CurrentEngine> StartNewAsync((string Certificate, string Key)? tls = null)
    {
        Missing.SkipUnless(Directory.Exists(Module), "chDB: ./build.sh test installs it with npm");
        var engine = new CurrentEngine(tls);
        await engine.StartAsync();
        await engine.CreateTablesAsync();
        return engine;
    }

    /// <summary>The statements of the file that users run.</summary>
    public static IEnumerable<string> Schema() =>
        Comment().Replace(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "schema.sql")), "")
            .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    protected override ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(
            "node",
            [
                Path.Combine(AppContext.BaseDirectory, "engines", "chdb.js"),
                Port.ToString(CultureInfo.InvariantCulture), Folder, User, Password,
            ])
        {
            Environment = { ["CHDB_MODULE"] = Module },
        };
        if (_tls is { } tls)
        {
            start.Environment["ENGINE_CERTIFICATE"] = Write("server.pem", tls.Certificate);
            start.Environment["ENGINE_KEY"] = Write("server.key", tls.Key);
        }

        return start;
    }

    protected override IEnumerable<string> Tables() => Schema();

    private string Write(string name, string text)
    {
        var file = Path.Combine(Folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Monitor.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }

    [GeneratedRegex("--.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
