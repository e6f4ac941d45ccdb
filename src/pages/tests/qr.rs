use super::*;

/// The modules that an SVG of ours paints black, row by row, with the white frame around.
fn painted(svg: &str) -> Vec<Vec<bool>> {
    let side = svg.split("viewBox=\"0 0 ").nth(1).unwrap();
    let side: usize = side.split(' ').next().unwrap().parse().unwrap();
    let mut painted = vec![vec![false; side]; side];
    let path = svg.rsplit(" d=\"").next().unwrap();
    for run in path.split('"').next().unwrap().split('M').skip(1) {
        let (at, rest) = run.split_once('h').unwrap();
        let (x, y) = at.split_once(' ').unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        let (length, back) = rest.split_once("v1h-").unwrap();
        assert_eq!(back, format!("{length}z"));
        for module in &mut painted[y][x..x + length.parse::<usize>().unwrap()] {
            *module = true;
        }
    }
    painted
}

#[test]
fn one_path_paints_every_dark_module_within_a_white_frame() {
    for length in [1, 40, 300, LONGEST] {
        let address = "a".repeat(length);
        let svg = svg(&address);
        assert_eq!(svg.matches("<path").count(), 1, "the code, on its ground");
        assert_eq!(svg.matches('<').count(), 4, "{svg}");
        let painted = painted(&svg);
        let code = QrCode::new(&address).unwrap();
        let width = code.width();
        assert_eq!(painted.len(), width + 8);
        for (y, row) in painted.iter().enumerate() {
            for (x, dark) in row.iter().enumerate() {
                let inside = (4..width + 4).contains(&x) && (4..width + 4).contains(&y);
                let expected = inside && code[(x - 4, y - 4)] == Color::Dark;
                assert_eq!(*dark, expected, "{x} {y} of {length} bytes");
            }
        }
    }
}

#[test]
fn a_long_address_has_no_code() {
    assert_eq!(svg(&"a".repeat(LONGEST + 1)), "");
}
