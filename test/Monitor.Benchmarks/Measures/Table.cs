using System.Globalization;

namespace Monitor.Benchmarks.Measures;

/// <summary>Prints figures as a Markdown table, which reads well in a terminal too.</summary>
internal static class Table
{
    private static readonly string[] Head = ["measure", "figure", "must reach", "", "behind it"];

    public static void Write(TextWriter to, IReadOnlyList<Figure> figures)
    {
        string[][] rows = [Head, .. figures.Select(Cells)];
        var widths = Enumerable.Range(0, Head.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        WriteRow(to, rows[0], widths);
        to.WriteLine($"| {string.Join(" | ", widths.Select(width => new string('-', Math.Max(width, 3))))} |");
        foreach (var row in rows.Skip(1))
        {
            WriteRow(to, row, widths);
        }
    }

    private static void WriteRow(TextWriter to, string[] cells, int[] widths) =>
        to.WriteLine($"| {string.Join(" | ", cells.Zip(widths, (cell, width) => cell.PadRight(Math.Max(width, 3))))} |");

    private static string[] Cells(Figure figure) =>
    [
        figure.Measure,
        Number(figure.Value) + Unit(figure),
        LimitOf(figure),
        !figure.IsReached ? figure.AtLeast ? "UNDER" : "OVER" : figure.Limit is null ? "" : "ok",
        figure.Note,
    ];

    private static string LimitOf(Figure figure) => figure.Limit switch
    {
        null => "",
        0 => "0" + Unit(figure),
        { } limit => $"at {(figure.AtLeast ? "least" : "most")} {Number(limit)}{Unit(figure)}",
    };

    private static string Unit(Figure figure) => figure.Unit is "×" or "" ? figure.Unit : " " + figure.Unit;

    private static string Number(double value) => Math.Abs(value) switch
    {
        double.NaN => "not measured",
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("0.###", CultureInfo.InvariantCulture),
    };
}
