namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Templates;

/// <summary>
/// Reads the grammar of google/api/http.proto:
/// <code>
/// Template = "/" Segments [ Verb ] ;
/// Segments = Segment { "/" Segment } ;
/// Segment  = "*" | "**" | LITERAL | Variable ;
/// Variable = "{" FieldPath [ "=" Segments ] "}" ;
/// Verb     = ":" LITERAL ;
/// </code>
/// Beyond it, segments may follow <c>**</c>, as the package allows.
/// </summary>
internal sealed class PathTemplateParser(string text)
{
    private readonly List<TemplateSegment> _segments = [];
    private readonly List<TemplateVariable> _variables = [];
    private int _position;
    private bool _inVariable;

    public PathTemplate Parse()
    {
        Expect('/');
        string? verb = null;
        // The root, "/", is no segment at all.
        if (_position < text.Length)
        {
            ParseSegments();
            if (TryTake(':'))
            {
                verb = ParseLiteral();
            }
        }

        if (_position < text.Length)
        {
            throw Error($"'{text[_position]}' is not expected here");
        }

        if (_segments.Count(s => s.Kind == SegmentKind.Rest) > 1)
        {
            throw Error("only one segment may be '**'");
        }

        if (_variables.GroupBy(v => v.FieldPath).FirstOrDefault(g => g.Count() > 1) is { } repeated)
        {
            throw Error($"the field '{repeated.Key}' is bound more than once");
        }

        return new PathTemplate(text, _segments, _variables, verb);
    }

    private void ParseSegments()
    {
        do
        {
            ParseSegment();
        }
        while (TryTake('/'));
    }

    private void ParseSegment()
    {
        if (TryTake('*'))
        {
            _segments.Add(TryTake('*') ? new(SegmentKind.Rest, "**") : new(SegmentKind.Any, "*"));
        }
        else if (TryTake('{'))
        {
            ParseVariable();
        }
        else
        {
            _segments.Add(new(SegmentKind.Literal, ParseLiteral()));
        }
    }

    private void ParseVariable()
    {
        if (_inVariable)
        {
            throw Error("a variable cannot contain another");
        }

        _inVariable = true;
        var path = ParseIdentifier();
        while (TryTake('.'))
        {
            path += "." + ParseIdentifier();
        }

        var start = _segments.Count;
        if (TryTake('='))
        {
            ParseSegments();
        }
        else
        {
            _segments.Add(new(SegmentKind.Any, "*"));
        }

        Expect('}');
        _inVariable = false;
        _variables.Add(new(path, start, _segments.Count));
    }

    private string ParseIdentifier()
    {
        var start = _position;
        while (_position < text.Length && (char.IsAsciiLetterOrDigit(text[_position]) || text[_position] == '_'))
        {
            _position++;
        }

        return _position > start ? text[start.._position] : throw Error("the name of a field is expected");
    }

    private string ParseLiteral()
    {
        var start = _position;
        while (_position < text.Length && !IsDelimiter(text[_position]))
        {
            _position++;
        }

        return _position > start ? text[start.._position] : throw Error("a segment is empty");
    }

    // A colon separates the verb, so it cannot be in a literal; ? and # would end the path of a URL.
    private static bool IsDelimiter(char c) => c is '/' or '{' or '}' or '*' or ':' or '=' or '?' or '#';

    private bool TryTake(char c)
    {
        if (_position < text.Length && text[_position] == c)
        {
            _position++;
            return true;
        }

        return false;
    }

    private void Expect(char c)
    {
        if (!TryTake(c))
        {
            throw Error($"'{c}' is expected");
        }
    }

    private FormatException Error(string problem) =>
        new($"The path template '{text}' of a google.api.http rule is wrong at position {_position}: {problem}.");
}
