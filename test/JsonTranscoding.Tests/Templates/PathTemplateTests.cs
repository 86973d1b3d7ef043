using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Templates;

namespace JsonTranscoding.Tests.Templates;

/// <summary>The grammar of path templates.</summary>
internal sealed class PathTemplateTests
{
    [TestCase("/", "", "", null)]
    [TestCase("/v1/messages", "v1 messages", "", null)]
    [TestCase("/v1/{name}", "v1 *", "name 1-2", null)]
    [TestCase("/v1/{a.b_c.d}", "v1 *", "a.b_c.d 1-2", null)]
    [TestCase("/v1/{name=shelves/*/books/*}", "v1 shelves * books *", "name 1-5", null)]
    [TestCase("/v1/{name=**}", "v1 **", "name 1-2", null)]
    [TestCase("/v1/*/x/**", "v1 * x **", "", null)]
    [TestCase("/v1/{a=x/*}/{b}:do", "v1 x * *", "a 1-3|b 3-4", "do")]
    [TestCase("/v1/things:purge", "v1 things", "", "purge")]
    [TestCase("/v1/{name=**}:do", "v1 **", "name 1-2", "do")]
    [TestCase("/v1/{name=**/x}/y", "v1 ** x y", "name 1-3", null)]
    [TestCase("/v1/a.b-c_d~e/1", "v1 a.b-c_d~e 1", "", null)]
    public void Parse_Template_GivesItsParts(string text, string segments, string variables, string? verb)
    {
        var template = PathTemplate.Parse(text);

        Assert.That(string.Join(' ', template.Segments.Select(s => s.Text)), Is.EqualTo(segments));
        Assert.That(string.Join('|', template.Variables.Select(v => $"{v.FieldPath} {v.Start}-{v.End}")), Is.EqualTo(variables));
        Assert.That(template.Verb, Is.EqualTo(verb));
    }

    [TestCase("")]
    [TestCase("v1")]
    [TestCase("//")]
    [TestCase("/v1/")]
    [TestCase("/v1//x")]
    [TestCase("/v1/{}")]
    [TestCase("/v1/{name")]
    [TestCase("/v1/{name=}")]
    [TestCase("/v1/{a.}")]
    [TestCase("/v1/{a={b}}")]
    [TestCase("/v1/{a}{b}")]
    [TestCase("/v1/{a}/{a}")]
    [TestCase("/v1/***")]
    [TestCase("/v1/**/**")]
    [TestCase("/v1/x*")]
    [TestCase("/v1:a:b")]
    [TestCase("/v1:")]
    [TestCase("/v1/a?b")]
    public void Parse_WrongTemplate_SaysWhatIsWrong(string text) =>
        Assert.That(() => PathTemplate.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains($"'{text}'"));

    [TestCase("LogLevel", "LOG_LEVEL_WARN", "WARN")]
    [TestCase("Status", "STATUS", "STATUS")]
    [TestCase("Status", "STATUS_", "STATUS_")]
    [TestCase("Status", "OK", "OK")]
    [TestCase("Status", "STATUSOK", "OK")]
    [TestCase("Color", "COLOR_3D", "_3D")]
    public void WithoutPrefix_Name_LosesTheNameOfItsEnum(string type, string name, string expected) =>
        Assert.That(EnumSchema.WithoutPrefix(type, name), Is.EqualTo(expected));
}
