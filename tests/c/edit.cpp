// An edit through npe.hpp. Usage: edit PHOTO.rgb WIDTH HEIGHT STROKES.json RESULT.rgb
// Replays the strokes and writes the result. Silent if all is well.
#include "npe.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

std::size_t second_unit(); // second.cpp includes npe.hpp too

namespace {

void must(bool condition, const char *what) {
    if (!condition) throw std::logic_error(what);
}

std::string read(const char *path) {
    std::ifstream in(path, std::ios::binary);
    must(in.good(), path);
    return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

void run(char **argv) {
    const uint32_t w = uint32_t(std::strtoul(argv[2], nullptr, 10)), h = uint32_t(std::strtoul(argv[3], nullptr, 10));
    const std::string bytes = read(argv[1]), json = read(argv[4]);
    must(second_unit() == sizeof(npe_image), "two units");
    const npe_image photo = npe::image(bytes.data(), bytes.size(), w, h, NPE_FORMAT_RGB_U8);
    must(npe::image(nullptr, 0, 10, 10, NPE_FORMAT_BGRA_U16).stride == 80, "stride of BGRA");

    // Errors are sentences; callbacks may throw.
    try {
        npe::model("/nowhere/at/all.safetensors");
        must(false, "a model that is not there");
    } catch (const npe::error &e) {
        must(e.status() == NPE_ERR_IO && std::string(e.what()).find("/nowhere/at/all") != std::string::npos, e.what());
    }
    struct mine {};
    try {
        npe::model("", "cpu", [](float) -> bool { throw mine(); });
        must(false, "an exception in a callback");
    } catch (const mine &) {
    }

    npe::model model;
    must(model.info().image_size == 64, "image size");
    must(!npe::find_faces(photo).empty(), "faces");
    must(model.find_faces(photo).size() == npe::find_faces(photo).size(), "faces as the model frames them");
    npe::edit edit(model, photo);
    for (const std::string &name : model.attributes()) must(edit.attribute(name) == 0.0f, "a slider of an untouched edit");
    try {
        edit.set_attribute("no such slider", 1.0f);
        must(false, "an unknown attribute");
    } catch (const npe::error &e) {
        must(e.status() == NPE_ERR_INVALID_ARGUMENT, e.what());
    }
    try {
        edit.stroke(std::vector<npe_dab>(), 0, 0, 0);
        must(false, "an empty stroke");
    } catch (const npe::error &e) {
        must(e.status() == NPE_ERR_INVALID_ARGUMENT, e.what());
    }
    int steps = 0;
    edit.load_strokes(json, [&steps](float) { return ++steps > 0; });
    must(steps > 0, "progress");
    const npe::edit copy = edit.copy();
    must(edit.undo() && edit.redo() && !edit.redo(), "undo and redo");
    must(edit.strokes() == copy.strokes(), "strokes");
    must(edit.latents() == copy.latents(), "latents");
    must(edit.view(NPE_VIEW_RESULT).rgb.size() == 64 * 64 * 3, "view");
    const npe_rect r = edit.changed_rect();
    must(r.width > 0, "changed");

    // The changed rectangle as BGRA with 16 bits, next to the whole in the photo's format.
    std::vector<uint16_t> part(size_t(r.width) * r.height * 4);
    edit.decode(r, npe::image_out(part.data(), part.size() * 2, r.width, r.height, NPE_FORMAT_BGRA_U16));
    std::string all(bytes.size(), '\0');
    edit.decode(npe::image_out(&all[0], all.size(), w, h, NPE_FORMAT_RGB_U8));
    for (uint32_t y = 0; y < r.height; y++)
        for (uint32_t x = 0; x < r.width; x++)
            for (uint32_t c = 0; c < 3; c++) {
                const unsigned char byte = static_cast<unsigned char>(all[(size_t(y + r.y) * w + x + r.x) * 3 + c]);
                must(part[(size_t(y) * r.width + x) * 4 + 2 - c] == byte * 257, "BGRA16 of the changed rectangle");
            }
    // A guide that is followed, and its change as a layer.
    const uint8_t black[4] = {0, 0, 0, 255};
    const npe_image dot = npe::image(black, sizeof black, 1, 1, NPE_FORMAT_RGBA_U8);
    const npe_frame f = edit.frame();
    const npe_placement place = {f.cx - 0.2 * f.side, f.cy - 0.4 * f.side, 0.4 * f.side, 0.15 * f.side};
    npe::edit live = edit.copy();
    must(live.follow(dot, place).steps > 0, "a new part");
    must(live.follow(dot, place, NPE_MODE_COLOR, [](float) { return true; }).steps == 0, "the same part");
    must(live.follow(dot, NPE_MODE_LIGHTEN).steps > 0, "a guide over the whole photo");
    live.undo();
    must(live.strokes() == edit.strokes(), "the guide was one part");
    std::vector<uint8_t> layer(size_t(w) * h * 4);
    edit.decode_change(npe::image_out(layer.data(), layer.size(), w, h, NPE_FORMAT_RGBA_U8));
    for (size_t i = 0; i < size_t(w) * h; i++)
        for (size_t c = 0; c < 3; c++) {
            const unsigned char shown = layer[i * 4 + 3] ? layer[i * 4 + c] : static_cast<unsigned char>(bytes[i * 3 + c]);
            must(shown == static_cast<unsigned char>(all[i * 3 + c]), "the layer over the photo");
        }
    edit.decode_change(r, npe::image_out(layer.data(), layer.size(), r.width, r.height, NPE_FORMAT_RGBA_U8));
    std::ofstream out(argv[5], std::ios::binary);
    out.write(all.data(), std::streamsize(all.size()));
    must(out.good(), argv[5]);
}

} // namespace

int main(int argc, char **argv) {
    try {
        must(argc == 6, "five arguments");
        run(argv);
    } catch (const std::exception &e) {
        std::cerr << e.what() << "\n";
        return 1;
    }
    return 0;
}
