using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Templates;

/// <summary>
/// A path template as a route of ASP.NET Core, and the way back from the values that the route matched to the values of
/// the template's variables.
/// </summary>
/// <remarks>
/// <c>*</c> becomes a route parameter, <c>**</c> a catch-all parameter that also takes what follows it in the template; a
/// constraint on it checks that. A literal matches in any case, as it does in every route.
/// </remarks>
internal sealed class TemplateRoute
{
    private readonly PathTemplate _template;
    private readonly string?[] _parameters;
    private readonly RestMatcher? _rest;

    public TemplateRoute(PathTemplate template)
    {
        _template = template;
        _parameters = new string?[template.Segments.Count];
        if (template.RestIndex >= 0)
        {
            _rest = new RestMatcher([.. template.Segments.Skip(template.RestIndex + 1)], template.Verb);
        }

        Pattern = RoutePatternFactory.Pattern(template.Text, BuildSegments());
    }

    public RoutePattern Pattern { get; }

    /// <summary>
    /// The value of a variable in the path of a request. It is also put into the route values, by the field's name.
    /// Null where <c>**</c> matched nothing.
    /// </summary>
    public string? ReadVariable(TemplateVariable variable, HttpContext context)
    {
        var values = context.Request.RouteValues;
        var isSingle = variable.End - variable.Start == 1;
        if (isSingle && _template.Segments[variable.Start].Kind == SegmentKind.Any && variable.Start < RestStart)
        {
            var value = values[_parameters[variable.Start]!] as string;
            values[variable.FieldPath] = value = UnescapeSlash(value, context);
            return value;
        }

        var (middle, behind) = _rest is null ? ("", []) : _rest.Split(values[_parameters[_template.RestIndex]!] as string ?? "");
        var parts = new List<string>();
        for (var i = variable.Start; i < variable.End; i++)
        {
            var segment = _template.Segments[i];
            parts.Add(segment.Kind switch
            {
                SegmentKind.Rest => middle,
                _ when i > RestStart => behind[i - RestStart - 1],
                SegmentKind.Literal => segment.Text,
                _ => values[_parameters[i]!] as string ?? "",
            });
        }

        var joined = string.Join('/', parts.Where(p => p.Length > 0));
        values[variable.FieldPath] = joined;
        return joined.Length == 0 ? null : joined;
    }

    private int RestStart => _template.RestIndex < 0 ? int.MaxValue : _template.RestIndex;

    private IEnumerable<RoutePatternPathSegment> BuildSegments()
    {
        for (var i = 0; i < _template.Segments.Count; i++)
        {
            var segment = _template.Segments[i];
            var isLast = i == _template.Segments.Count - 1;
            switch (segment.Kind)
            {
                case SegmentKind.Literal:
                    var text = isLast && _template.Verb is { } literalVerb ? $"{segment.Text}:{literalVerb}" : segment.Text;
                    yield return RoutePatternFactory.Segment(RoutePatternFactory.LiteralPart(text));
                    break;
                case SegmentKind.Any:
                    var parameter = RoutePatternFactory.ParameterPart(_parameters[i] = NameOf(i));
                    yield return isLast && _template.Verb is { } verb
                        ? RoutePatternFactory.Segment(parameter, RoutePatternFactory.LiteralPart($":{verb}"))
                        : RoutePatternFactory.Segment(parameter);
                    break;
                default:
                    _parameters[i] = NameOf(i);
                    yield return RoutePatternFactory.Segment(_rest!.MatchesAll
                        ? RoutePatternFactory.ParameterPart(_parameters[i]!, null, RoutePatternParameterKind.CatchAll)
                        : RoutePatternFactory.ParameterPart(
                            _parameters[i]!, null, RoutePatternParameterKind.CatchAll, RoutePatternFactory.Constraint(_rest)));
                    yield break;
            }
        }
    }

    // A variable of one segment has the field's own name, which is what an application may look for.
    private string NameOf(int segment)
    {
        var variable = _template.Variables.FirstOrDefault(v => v.Start == segment && v.End == segment + 1);
        return variable is not null && _template.Segments[segment].Kind == SegmentKind.Any
            ? variable.FieldPath
            : $"__segment_{segment}";
    }

    // The server leaves %2F escaped, because it would look like the end of a segment. Where the client wrote %252F, there
    // is no telling the two apart in the path, and it stays.
    private static string? UnescapeSlash(string? value, HttpContext context)
    {
        if (value is null || !value.Contains("%2F", StringComparison.OrdinalIgnoreCase))
        {
            return value;
        }

        var target = context.Features.Get<Http.Features.IHttpRequestFeature>()?.RawTarget ?? "";
        return target.Contains("%25", StringComparison.Ordinal)
            ? value
            : value.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
    }
}
